package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"
	"github.com/spf13/cobra"
)

// version is set by the linker; see the Makefile.
var version = development

const development = "development"

// versionInfo says what this binary was made of.
type versionInfo struct {
	Version    string `json:"version"`
	Revision   string `json:"revision,omitempty"`
	Go         string `json:"go"`
	Librdkafka string `json:"librdkafka"`
	Platform   string `json:"platform"`
	modified   bool
}

func currentVersion() versionInfo {
	_, librdkafka := kafka.LibraryVersion()
	info := versionInfo{Version: version, Go: runtime.Version(), Librdkafka: librdkafka, Platform: runtime.GOOS + "/" + runtime.GOARCH}
	if build, ok := debug.ReadBuildInfo(); ok {
		for _, s := range build.Settings {
			switch s.Key {
			case "vcs.revision":
				info.Revision = s.Value
			case "vcs.modified":
				info.modified = s.Value == "true"
			}
		}
	}
	return info
}

// build names this build; "" if there may be others of its name.
func build() string {
	info := currentVersion()
	if info.modified || strings.HasSuffix(version, "-dirty") || info.Revision == "" && version == development {
		return ""
	}
	return info.Version + " " + info.Revision
}

func (c *cli) versionCommand() *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Say which Sonata this is",
		Args:  noArguments,
		RunE: func(*cobra.Command, []string) error {
			info := currentVersion()
			if output == "json" {
				return writeJSON(c.out, info)
			}
			fmt.Fprintf(c.out, "sonata %s (%s, librdkafka %s, %s)\n", info.Version, info.Go, info.Librdkafka, info.Platform)
			return nil
		},
	}
	outputFlag(cmd.Flags(), &output)
	completeChoices(cmd)
	return cmd
}
