package bpmn_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/bpmn"
	"github.com/sonata-bpmn/sonata/bpmn/bpmntest"
)

const (
	head = `<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0">`
	tail = `</definitions>`
)

func process(body string) []byte {
	return []byte(head + `<process id="p" isExecutable="true">` + body + `</process>` + tail)
}

func TestDefaultNamespace(t *testing.T) {
	d, _ := read(t, "default-namespace.bpmn")
	p := d.Processes[0]
	require.True(t, p.IsExecutable, "1 is true in XML Schema")
	require.Equal(t, `"hello " + name`, p.FlowNodes[1].Script.Text)
	require.Equal(t, bpmn.Position{File: "default-namespace.bpmn", Line: 6, Column: 5}, p.FlowNodes[1].Pos)
	require.Equal(t, "end", p.FlowNodes[0].Outgoing[0].Target.Outgoing[0].Target.ID)
}

// What is incomplete in a pool that is not executable is a warning only.
func TestPartnerPool(t *testing.T) {
	data, err := os.ReadFile(validDir + "/partner-pool.bpmn")
	require.NoError(t, err)
	d, err := bpmn.Parse("partner-pool.bpmn", data)
	require.NoError(t, err)
	require.Len(t, d.Warnings, 1)
	require.Equal(t, `partner-pool.bpmn:35:7: warning[BPMN038]: the timer never fires (element "_hunger"); `+
		`say when it fires: timeDate, timeDuration or timeCycle`, d.Warnings[0].String())
	require.Equal(t, "Bäcker", d.Collaborations[0].Participants[0].Name, "the file is in ISO 8859-1")
	require.Equal(t, "_bäcker", d.Collaborations[0].Participants[0].ID)
	condition := d.Processes[0].SequenceFlows[1].Condition
	require.Equal(t, `size == "groß"`, condition.Text)
	require.Empty(t, condition.Language, "an expressionLanguage that is a tool's default says nothing")

	_, err = bpmn.Parse("partner-pool.bpmn", bytes.Replace(data, []byte(`isExecutable="false"`), []byte(`isExecutable="true"`), 1))
	require.ErrorContains(t, err, "error[BPMN038]")
}

func TestEncodings(t *testing.T) {
	const body = `<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" name="Müller">` +
		`<bpmn:process id="p"/></bpmn:definitions>`
	wide := func(order binary.AppendByteOrder, text string) []byte {
		var b []byte
		for _, unit := range utf16.Encode([]rune(text)) {
			b = order.AppendUint16(b, unit)
		}
		return b
	}
	const declaration = `<?xml version="1.0" encoding="UTF-16"?>`
	for name, data := range map[string][]byte{
		"no declaration":            []byte(body),
		"byte order mark":           []byte("\ufeff" + body),
		"UTF-8":                     []byte(`<?xml version="1.0" encoding="utf-8"?>` + body),
		"windows-1252":              []byte(`<?xml version='1.0' encoding='windows-1252' ?>` + strings.ReplaceAll(body, "ü", "\xfc")),
		"UTF-16 big endian, mark":   wide(binary.BigEndian, "\ufeff"+declaration+body),
		"UTF-16 little endian":      wide(binary.LittleEndian, declaration+body),
		"UTF-16, nothing that says": wide(binary.LittleEndian, body),
	} {
		t.Run(name, func(t *testing.T) {
			d, err := bpmn.Parse("file.bpmn", data)
			require.NoError(t, err)
			require.Equal(t, "Müller", d.Name)
		})
	}
}

// A constant is told from an expression by its place and its first characters, and the language by where it is written.
func TestExpressions(t *testing.T) {
	const timer = `<intermediateCatchEvent id="e"><timerEventDefinition><timeDuration%s>%s</timeDuration></timerEventDefinition></intermediateCatchEvent>`
	for _, c := range []struct {
		attributes, body string
		literal          bool
	}{
		{"", "PT1H", true},
		{"", "=patience", false},
		{"", "${patience}", false},
		{"", "#{patience}", false},
		{` language="expr"`, `"PT" + hours + "H"`, false},
	} {
		d, err := bpmn.Parse("file.bpmn", process(fmt.Sprintf(timer, c.attributes, c.body)))
		require.NoError(t, err)
		value := d.Processes[0].FlowNodes[0].EventDefinitions[0].Timer.Value
		require.Equal(t, c.literal, value.Literal, c.body)
		require.Equal(t, c.body, value.Text)
	}
}

// Limits hold for whatever a file is made of, and such a file costs next to nothing.
func TestLimits(t *testing.T) {
	for name, data := range map[string][]byte{
		"size":            process(strings.Repeat(" ", bpmn.MaxFileSize)),
		"elements":        process(strings.Repeat("<a/>", bpmn.MaxElements)),
		"depth":           []byte(strings.Repeat("<a>", bpmn.MaxDepth+1)),
		"never closed":    []byte(strings.Repeat("<a>", bpmn.MaxFileSize/3)),
		"attributes":      process(`<task` + numbered(` a%d=""`, bpmn.MaxAttributes+1) + `/>`),
		"attribute value": process(`<task id="t" name="` + strings.Repeat("x", bpmn.MaxAttributeValue+1) + `"/>`),
	} {
		t.Run(name, func(t *testing.T) {
			problems := parse(t, "file.bpmn", data)
			require.Len(t, problems, 1)
			require.Equal(t, "BPMN003", problems[0].Code)
		})
	}
}

// Files at the limits are read, in bounded time, whatever they are full of.
func TestWorstFiles(t *testing.T) {
	const n = 24_000
	for name, data := range map[string][]byte{
		"unknown attributes":  process(strings.Repeat(`<task`+numbered(` a%d=""`, 255)+`/>`, 1500)),
		"unknown elements":    process(strings.Repeat(`<a/>`, 2*n)),
		"comments":            process(strings.Repeat(`<!---->`, bpmn.MaxFileSize/8)),
		"flows of one node":   process(`<task id="t"/>` + numbered(`<sequenceFlow id="f%d" sourceRef="t" targetRef="t"/>`, n)),
		"listed flows":        process(`<task id="t">` + numbered(`<incoming>f%d</incoming>`, n) + `</task>` + numbered(`<sequenceFlow id="f%d" sourceRef="t" targetRef="t"/>`, n)),
		"repeated extensions": process(`<task id="t">` + strings.Repeat(`<extensionElements/>`, 2*n) + `</task>`),
		"properties": process(`<task id="t"><extensionElements><zeebe:properties>` + numbered(`<zeebe:property name="n%d"/>`, 2*n) +
			`</zeebe:properties></extensionElements></task>`),
		"namespaces": []byte(numbered(`<a xmlns:n%d="u">`, 127) + strings.Repeat(`<b n0:x="" n1:x="" n2:x="" n3:x=""/>`, n) + strings.Repeat(`</a>`, 127)),
		"prefixed references": []byte(strings.Replace(head, ">", ` targetNamespace="u" xmlns:u="u">`, 1) + `<process id="p">` +
			strings.Repeat(`<association sourceRef="u:p" targetRef="u:p"/>`, n) + `</process>` + tail),
	} {
		t.Run(name, func(t *testing.T) {
			require.LessOrEqual(t, len(data), bpmn.MaxFileSize)
			started := time.Now()
			problems := parse(t, "file.bpmn", data)
			require.LessOrEqual(t, len(problems), 1002)
			require.Less(t, time.Since(started), 2*time.Minute, "a loaded machine with the race detector takes seconds, a quadratic parser far more than minutes")
		})
	}
}

func numbered(format string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// The same file gives the same problems in the same order, and they are sorted by place.
func TestDeterminism(t *testing.T) {
	for _, file := range append(files(t, invalidDir), files(t, validDir)...) {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		first := parse(t, "a.bpmn", data)
		sorted := slices.Clone(first)
		sorted.Sort()
		require.Equal(t, sorted, first)
		for range 5 {
			require.Equal(t, first, parse(t, "a.bpmn", data), file)
		}
	}
}

// Camunda 7's properties and version tag are read as well, since they mean the same.
func TestCamunda7(t *testing.T) {
	d, err := bpmn.Parse("file.bpmn", []byte(strings.Replace(head, ">", ` xmlns:camunda="http://camunda.org/schema/1.0/bpmn">`, 1)+
		`<process id="p" isExecutable="true" camunda:versionTag="7.1" camunda:historyTimeToLive="30" camunda:candidateStarterUsers="anna"><task id="t"><extensionElements>`+
		`<camunda:properties><camunda:property name="topic" value="checks"/></camunda:properties></extensionElements></task></process>`+tail))
	require.NoError(t, err)
	require.Equal(t, "7.1", d.Processes[0].VersionTag)
	require.Equal(t, "checks", d.Processes[0].FlowNodes[0].Properties["topic"])
	require.Len(t, d.Warnings, 1)
	require.Equal(t, "BPMN060", d.Warnings[0].Code)
}

// A document with an error gives no model, and all of its problems, warnings too.
func TestAllProblemsAtOnce(t *testing.T) {
	d, err := bpmn.Parse("file.bpmn", process("\n<task/>\n<task id='t' colour='red'/>\n<tusk/>"))
	require.Nil(t, d)
	require.EqualError(t, err, strings.Join([]string{
		`file.bpmn:2:1: error[BPMN020]: the task has no id (element "p"); give it one that no other element has`,
		`file.bpmn:3:1: warning[BPMN012]: task has no attribute "colour" (element "t"); it is not used; is it misspelt?`,
		`file.bpmn:4:1: error[BPMN010]: BPMN has no element "tusk" (element "p"); is it misspelt?`,
	}, "\n"))
}

func FuzzParse(f *testing.F) {
	for _, dir := range []string{invalidDir, validDir, validDir + "/*"} {
		paths, err := filepath.Glob(dir + "/*.bpmn*")
		require.NoError(f, err)
		for _, path := range paths {
			data, err := os.ReadFile(path)
			require.NoError(f, err)
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var problems bpmn.Problems
		bpmntest.Bounded(t, func() { problems = parse(t, "fuzz.bpmn", data) })
		require.Equal(t, problems, parse(t, "fuzz.bpmn", data))
		for _, p := range problems {
			require.Positive(t, p.Pos.Line)
			require.Positive(t, p.Pos.Column)
			require.NotContains(t, p.String(), "\n", "a problem is one line")
		}
	})
}
