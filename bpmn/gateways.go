package bpmn

// gateway reads how a gateway joins and splits (§10.6).
func (r *reader) gateway(n *node, f *FlowNode) {
	f.GatewayDirection = r.oneOf(n, "gatewayDirection", n.kept("gatewayDirection"), "Unspecified", "Converging", "Diverging", "Mixed")
	switch n.tag {
	case "exclusiveGateway", "inclusiveGateway":
		r.defaultFlow(n, f)
	case "complexGateway":
		r.defaultFlow(n, f)
		f.ActivationCondition = r.expression(r.child(n, "activationCondition"))
	case "eventBasedGateway":
		f.Instantiate = r.bool(n, "instantiate", false)
		f.EventGatewayType = r.enum(n, "eventGatewayType", "Exclusive", "Parallel")
	}
}

// checkDirection compares gatewayDirection with the drawn flows (§10.6.1). The direction changes nothing at run time.
func (r *reader) checkDirection(f placedNode) {
	many := map[string][2]bool{"Converging": {true, false}, "Diverging": {false, true}, "Mixed": {true, true}}
	want, ok := many[f.GatewayDirection]
	if ok && want != [2]bool{len(f.Incoming) > 1, len(f.Outgoing) > 1} {
		r.warn(f.n, codeGatewayDirection, "the flows decide; correct or delete gatewayDirection",
			"the gateway says %s but has %d incoming and %d outgoing flows", f.GatewayDirection, len(f.Incoming), len(f.Outgoing))
	}
}
