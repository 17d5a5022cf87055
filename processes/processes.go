package processes

import (
	"embed"
	"io/fs"
)

//go:embed sonata/*.bpmn partners/*.bpmn controlloop/*.bpmn simulator/*.bpmn samples scenarios/*.test.yaml
var files embed.FS

// Files holds everything in its folders: sonata, partners, controlloop, simulator, samples and scenarios.
func Files() fs.FS { return files }

// Sonata holds the flows of the service-order orchestrator: one process a file, named as its process id.
func Sonata() fs.FS { return sub("sonata") }

// Partners holds stand-ins for the systems that Sonata talks to: the OSS client, the fabric, the registry, the
// telemetry, the package manager and the TMF API. They are for demonstrations and tests.
func Partners() fs.FS { return sub("partners") }

// ControlLoop holds the flows of control loops: definitions, loops and their transitions, participants and their monitoring.
func ControlLoop() fs.FS { return sub("controlloop") }

// Simulator holds a stand-in for the participants of control loops. It is for demonstrations and tests.
func Simulator() fs.FS { return sub("simulator") }

// sub gives one folder of the embedded files. It cannot fail: the name is one of those embedded above.
func sub(folder string) fs.FS {
	f, err := fs.Sub(files, folder)
	if err != nil {
		panic(err)
	}
	return f
}
