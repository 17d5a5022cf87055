package bpmn

import (
	"fmt"

	"github.com/beevik/etree"
)

// Parse reads a BPMN 2.0 XML document. file is the name that problems and positions carry; it is not opened.
//
// The error, if any, is a [Problems] with every fault of the document, warnings included, sorted by place. It is nil if
// there are warnings at most; then they are in [Definitions.Warnings]. A fault of form (XML that is not well formed, a
// limit that is exceeded, see [MaxFileSize] and those beside it) ends the reading: no other problem is listed then.
// Columns count the bytes of the document as UTF-8.
//
// Everything in the document is accounted for: what Parse does not read is a problem, an error if leaving it out would
// change how the process runs, else a warning. Content in namespaces that are not of an executable dialect is left out.
func Parse(file string, data []byte) (*Definitions, error) {
	definitions, problems := ParseDraft(file, data)
	if problems.HasErrors() {
		return nil, problems
	}
	definitions.Warnings = problems
	return definitions, nil
}

// ParseDraft reads a document as [Parse] does, and gives what can be read of it whatever its problems are: to show it, not
// to run it. References that lead nowhere are nil. The definitions are nil if the document has a fault of form.
func ParseDraft(file string, data []byte) (*Definitions, Problems) {
	r := newReader(file)
	root := r.open(data)
	if len(r.problems) > 0 {
		return nil, r.sorted()
	}
	if !root.is("definitions") {
		r.fail(root, codeRoot, "a BPMN 2.0 file has bpmn:definitions of the namespace "+NamespaceBPMN,
			"the root element is %s, not bpmn:definitions", quote(root.tag))
		return nil, r.sorted()
	}
	definitions := r.read(root)
	return definitions, r.sorted()
}

// read makes the model of the tree, follows the references, and reports what nobody has read.
func (r *reader) read(root *node) *Definitions {
	r.profile = r.profileOf(root)
	r.index(root)
	definitions := r.readDefinitions(root)
	r.link()
	r.declareData()
	r.linkCorrelations()
	r.checkFlow()
	r.reportUnread(root)
	return definitions
}

// open makes the tree of nodes. It reports why if it cannot.
func (r *reader) open(data []byte) *node {
	if len(data) > MaxFileSize {
		return r.unreadable(codeLimit, "split the file", fmt.Sprintf("the file is larger than %d bytes", MaxFileSize))
	}
	data, err := toUTF8(data)
	if err != nil {
		return r.unreadable(codeEncoding, "save it as UTF-8", err.Error())
	}
	scan, problem := scanTokens(r.file, data)
	if problem != nil {
		r.problems = append(r.problems, *problem)
		return nil
	}
	document := etree.NewDocument()
	document.ReadSettings = etree.ReadSettings{CharsetReader: sameBytes, PreserveDuplicateAttrs: true, MaxDepth: MaxDepth}
	if err := document.ReadFromBytes(data[:scan.end]); err != nil {
		return r.unreadable(codeSyntax, "", "the XML is not well formed: "+err.Error())
	}
	return r.build(document.Root(), nil, &scan.starts)
}

// unreadable reports a fault of the file as a whole.
func (r *reader) unreadable(code, hint, text string) *node {
	r.problems = append(r.problems, Problem{
		Pos: Position{File: r.file, Line: 1, Column: 1}, Severity: SeverityError, Code: code, Text: text, Hint: hint,
	})
	return nil
}
