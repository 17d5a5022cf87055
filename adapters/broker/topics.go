package broker

import (
	"fmt"
	"regexp"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// legalName is Kafka's rule for topics (org.apache.kafka.common.internals.Topic). kfake has none.
var legalName = regexp.MustCompile(`^[a-zA-Z0-9._-]{1,249}$`)

// refusal says why a topic may not be created.
type refusal struct {
	code int16 // Kafka's
	text string
}

func refuseTopic(name string, partitions int32) *refusal {
	switch {
	case !legalName.MatchString(name) || name == "." || name == "..":
		return &refusal{kerr.InvalidTopicException.Code, "a name has 1 to 249 characters, each of a-z, A-Z, 0-9, '.', '_', '-', and is not '.' or '..'"}
	case partitions > maxPartitions:
		return &refusal{kerr.InvalidPartitions.Code, fmt.Sprintf("a topic has at most %d partitions", maxPartitions)}
	}
	return nil
}

// admitTopics looks at the requests that create topics and partitions before kfake does, which would take any name and number.
func (b *Broker) admitTopics() {
	b.cluster.ControlKey(kmsg.CreateTopics.Int16(), func(request kmsg.Request) (kmsg.Response, error, bool) {
		b.cluster.KeepControl()
		response := refuseTopics(request.(*kmsg.CreateTopicsRequest))
		return response, nil, response != nil
	})
	b.cluster.ControlKey(kmsg.CreatePartitions.Int16(), func(request kmsg.Request) (kmsg.Response, error, bool) {
		b.cluster.KeepControl()
		response := refusePartitions(request.(*kmsg.CreatePartitionsRequest))
		return response, nil, response != nil
	})
}

// refuseTopics returns nil if every topic of the request may be created; else none of them is.
func refuseTopics(request *kmsg.CreateTopicsRequest) kmsg.Response {
	response := request.ResponseKind().(*kmsg.CreateTopicsResponse)
	refused := false
	for _, topic := range request.Topics {
		answer := kmsg.NewCreateTopicsResponseTopic()
		answer.Topic = topic.Topic
		reason := refuseTopic(topic.Topic, max(topic.NumPartitions, int32(min(len(topic.ReplicaAssignment), maxPartitions+1))))
		if reason != nil {
			refused = true
		} else {
			reason = &refusal{kerr.InvalidRequest.Code, "another topic of the same request is refused"}
		}
		answer.ErrorCode, answer.ErrorMessage = reason.code, &reason.text
		response.Topics = append(response.Topics, answer)
	}
	if !refused {
		return nil
	}
	return response
}

func refusePartitions(request *kmsg.CreatePartitionsRequest) kmsg.Response {
	response := request.ResponseKind().(*kmsg.CreatePartitionsResponse)
	refused := false
	for _, topic := range request.Topics {
		refused = refused || topic.Count > maxPartitions
		answer := kmsg.NewCreatePartitionsResponseTopic()
		answer.Topic, answer.ErrorCode = topic.Topic, kerr.InvalidPartitions.Code
		answer.ErrorMessage = new(fmt.Sprintf("a topic has at most %d partitions", maxPartitions))
		response.Topics = append(response.Topics, answer)
	}
	if !refused {
		return nil
	}
	return response
}
