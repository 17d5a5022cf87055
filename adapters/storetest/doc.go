// Package storetest is the conformance suite that each [runner.Store] must pass.
package storetest
