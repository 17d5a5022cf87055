package api

import (
	"net"
	"net/http"
	"strconv"
)

// compatibility is the version of Camunda 8 whose REST API this is like. Camunda Modeler compares it with a diagram's
// execution platform version. The header Server says what this really is.
const compatibility = "8.9.0"

type topology struct {
	Brokers               []broker `json:"brokers"`
	ClusterID             *string  `json:"clusterId"`
	ClusterSize           int      `json:"clusterSize"`
	PartitionsCount       int      `json:"partitionsCount"`
	ReplicationFactor     int      `json:"replicationFactor"`
	GatewayVersion        string   `json:"gatewayVersion"`
	LastCompletedChangeID string   `json:"lastCompletedChangeId"`
}

type broker struct {
	NodeID     int         `json:"nodeId"`
	BrokerID   string      `json:"brokerId"`
	Host       string      `json:"host"`
	Port       int         `json:"port"`
	Partitions []partition `json:"partitions"`
	Version    string      `json:"version"`
}

type partition struct {
	PartitionID int    `json:"partitionId"`
	Role        string `json:"role"`
	Health      string `json:"health"`
	State       string `json:"state"`
}

// getTopology shows one node with one partition, which is what Sonata is in Camunda's terms.
func (a *api) getTopology(w http.ResponseWriter, _ *http.Request) error {
	health := "healthy"
	if a.engine.Ready() != nil {
		health = "unhealthy"
	}
	host, portText, _ := net.SplitHostPort(a.config.Listen)
	port, _ := strconv.Atoi(portText) // 0 if it has no number
	return answer(w, topology{
		Brokers: []broker{{
			BrokerID: "0", Host: host, Port: port, Version: compatibility,
			Partitions: []partition{{PartitionID: 1, Role: "leader", Health: health, State: "active"}},
		}},
		ClusterSize: 1, PartitionsCount: 1, ReplicationFactor: 1, GatewayVersion: compatibility, LastCompletedChangeID: "-1",
	})
}

// getStatus is Camunda's question whether the cluster works.
func (a *api) getStatus(w http.ResponseWriter, _ *http.Request) error {
	if err := a.checkReady(); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (a *api) getLicense(w http.ResponseWriter, _ *http.Request) error {
	return answer(w, map[string]any{"validLicense": true, "licenseType": "Apache-2.0", "isCommercial": false, "expiresAt": nil})
}

// getUser tells a client who it is: there are no users.
func (a *api) getUser(w http.ResponseWriter, _ *http.Request) error {
	return answer(w, map[string]any{
		"username": "anonymous", "displayName": "Anonymous", "email": nil, "authorizedComponents": []string{"*"},
		"tenants": []any{map[string]any{"tenantId": defaultTenant, "name": "Default", "description": nil}},
		"groups":  []string{}, "roles": []string{}, "salesPlanType": nil, "c8Links": map[string]string{}, "canLogout": false,
	})
}

// searchNothing finds nothing, whatever the filter.
func (a *api) searchNothing(w http.ResponseWriter, r *http.Request) error {
	var request searchRequest
	if err := decode(w, r, &request); err != nil {
		return err
	}
	return answer(w, searchResult[struct{}]{Items: []struct{}{}})
}
