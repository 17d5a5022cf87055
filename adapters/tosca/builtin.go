package tosca

import (
	_ "embed"
	"sync"
)

// What TOSCA and CLAMP define themselves, so that no template has to.
var (
	//go:embed builtin/tosca.yaml
	toscaTypes []byte
	//go:embed builtin/controlloop.yaml
	controlLoopTypes []byte
)

// builtin is TOSCA's and CLAMP's own types. What a template defines goes before.
var builtin = sync.OnceValue(func() *ServiceTemplate {
	all := &ServiceTemplate{library: library{}}
	for _, source := range [][]byte{toscaTypes, controlLoopTypes} {
		f := &findings{}
		t, err := newChecker(f, []library{all.library}, nil).template(f.read(source))
		if err != nil {
			panic("tosca: the types that are built in: " + err.Error())
		}
		for _, versions := range t.library {
			for _, types := range versions {
				for _, one := range types {
					all.library.add(one)
				}
			}
		}
	}
	return all
})
