package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"
)

// TestTheManualIsComplete: docs/cli.md names every command and every flag that there is, and no other.
func TestTheManualIsComplete(t *testing.T) {
	manual := read(t, filepath.Join("..", "..", "docs", "cli.md"))
	flags := map[string]bool{"help": true}
	commands := map[string]bool{}
	visit(newCLI().root(), func(cmd *cobra.Command) {
		commands[cmd.CommandPath()] = true
		if cmd.HasParent() && cmd.Parent().Name() == "completion" {
			return // cobra's own, one for each shell
		}
		if cmd.Name() != "help" && cmd.HasParent() {
			require.Contains(t, manual, "`"+cmd.CommandPath(), "docs/cli.md does not describe this command")
		}
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
			flags[f.Name] = true
			if f.Name != "help" && !f.Hidden {
				require.Contains(t, manual, "`--"+f.Name, "docs/cli.md does not describe this flag of %s", cmd.CommandPath())
			}
		})
	})
	for word := range strings.FieldsFuncSeq(manual, func(r rune) bool { return strings.ContainsRune(" \t\n`|,;:()=\"'…\\]", r) }) {
		if name, isFlag := strings.CutPrefix(word, "--"); isFlag && name != "" && strings.Trim(name, "-") != "" {
			require.True(t, flags[strings.TrimRight(name, ".")], "docs/cli.md names --%s, which no command has", name)
		}
	}
}

func visit(cmd *cobra.Command, fn func(*cobra.Command)) {
	if !cmd.HasParent() {
		cmd.InitDefaultCompletionCmd()
	}
	fn(cmd)
	for _, sub := range cmd.Commands() {
		visit(sub, fn)
	}
}

// TestCommandLinesInTheDocumentsWork: every `sonata …` line of a code block, in the README, the documents and the help, is one that
// the program understands.
func TestCommandLinesInTheDocumentsWork(t *testing.T) {
	texts := []string{read(t, filepath.Join("..", "..", "README.md"))}
	documents, err := filepath.Glob(filepath.Join("..", "..", "docs", "*.md"))
	require.NoError(t, err)
	for _, document := range documents {
		texts = append(texts, read(t, document))
	}
	visit(newCLI().root(), func(cmd *cobra.Command) { texts = append(texts, cmd.Example) })
	checked := 0
	for line := range strings.Lines(strings.Join(texts, "\n")) {
		line, _, _ = strings.Cut(strings.TrimSpace(line), "  #")
		if _, piped, found := strings.Cut(line, "| sonata "); found {
			line = "sonata " + piped
		}
		line = strings.TrimPrefix(strings.TrimPrefix(line, "$ "), "./bin/")
		if !strings.HasPrefix(line, "sonata ") || strings.ContainsAny(line, "<[`") {
			continue
		}
		checked++
		line, _, _ = strings.Cut(line, " > ")
		root := newCLI().root()
		root.InitDefaultCompletionCmd()
		cmd, args, err := root.Find(strings.Fields(strings.ReplaceAll(strings.TrimPrefix(line, "sonata "), `"$(mktemp -d)"`, "dir")))
		require.NoError(t, err, line)
		require.NotSame(t, root, cmd, line)
		require.NoError(t, cmd.ParseFlags(args), line)
		require.NoError(t, cmd.ValidateArgs(cmd.Flags().Args()), line)
	}
	require.Greater(t, checked, 10)
}

// TestTheSampleOrderIsThatOfTheTestdata: what `demo` publishes is the file that the documents name.
func TestTheSampleOrderIsThatOfTheTestdata(t *testing.T) {
	require.JSONEq(t, read(t, filepath.Join("..", "..", "processes", "samples", "service-order-kubernetes.json")), string(sampleOrder))
}

// TestTheTableOfScenarios: docs/sonata.md names the scenarios that are shipped. SONATA_TEST_UPDATE=1 writes it anew.
func TestTheTableOfScenarios(t *testing.T) {
	rows := "| `--scenario` | What happens |\n|---|---|\n"
	names, files, err := shippedScenarios()
	require.NoError(t, err)
	for _, name := range names {
		suite, err := shippedLoader().Load(t.Context(), files[name])
		require.NoError(t, err)
		rows += fmt.Sprintf("| [`%s`](../processes/%s) | %s |\n", name, files[name], suite.Description)
	}
	file := filepath.Join("..", "..", "docs", "sonata.md")
	text := read(t, file)
	before, rest, found := strings.Cut(text, "<!-- scenarios: ")
	require.True(t, found)
	marker, rest, _ := strings.Cut(rest, "-->\n")
	_, after, _ := strings.Cut(rest, "<!-- end -->\n")
	want := before + "<!-- scenarios: " + marker + "-->\n" + rows + "<!-- end -->\n" + after
	if os.Getenv("SONATA_TEST_UPDATE") != "" {
		require.NoError(t, os.WriteFile(file, []byte(want), 0o644))
		return
	}
	require.Equal(t, want, text, "write it anew: SONATA_TEST_UPDATE=1 go test ./cmd/sonata -run Table")
}
