package controlloop

import "github.com/sonata-bpmn/sonata/adapters/tosca"

// dialect adds to the data of a control loop, or of an order to one, which of its participants are spoken to as before CLAMP's release Istanbul:
// those that report controlLoops and have never registered. They know the definitions by the service template that comes with each loop.
func dialect(data map[string]any, loop variables, participants []found, templates []*tosca.ServiceTemplate) {
	early := map[string]any{}
	for _, p := range participants {
		key := p.identifier("participantId").String()
		if _, concerned := loop.object("participants")[key]; concerned && p.variables["early"] == true {
			early[key] = true
		}
	}
	data["early"], data["serviceTemplate"] = early, nil
	if t := templateOf(loop.identifier("definition"), templates); t != nil && len(early) > 0 {
		data["serviceTemplate"] = t.Value()
	}
}
