package bpmn

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
)

// Limits of what Parse reads, so that no file can exhaust the machine. A large hand-drawn model is a tenth of each.
const (
	MaxFileSize       = 4 << 20 // bytes
	MaxElements       = 50_000
	MaxDepth          = 128
	MaxAttributes     = 256      // of one element
	MaxAttributeValue = 64 << 10 // bytes
	MaxIDLength       = 255      // bytes
	maxListedProblems = 500      // of each severity
)

// scan is what the pass over the tokens finds before a tree is built: the place of each start tag, in document order,
// and where the root element ends.
type scan struct {
	file    string
	data    []byte
	decoder *xml.Decoder
	starts  []Position
	depth   int
	end     int64 // byte offset behind the root element
	closed  bool  // the root element has ended
}

// scanTokens reads the document once, token by token, and stops at the first fault of form. encoding/xml, unlike etree,
// knows where it is, and it needs no memory for what it has passed.
func scanTokens(file string, data []byte) (*scan, *Problem) {
	s := &scan{file: file, data: data, decoder: xml.NewDecoder(bytes.NewReader(data))}
	s.decoder.CharsetReader = sameBytes
	for {
		pos := s.position()
		token, err := s.decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, s.syntaxProblem(err)
		}
		if p := s.take(token, pos); p != nil {
			return nil, p
		}
	}
	if !s.closed {
		return nil, s.fault(s.position(), codeRoot, "the file has no element", "a BPMN file has one bpmn:definitions element")
	}
	return s, nil
}

// sameBytes is the CharsetReader for a document that toUTF8 has converted: what its declaration says is true no more.
func sameBytes(_ string, input io.Reader) (io.Reader, error) { return input, nil }

func (s *scan) take(token xml.Token, pos Position) *Problem {
	switch t := token.(type) {
	case xml.StartElement:
		return s.start(t, pos)
	case xml.EndElement:
		s.depth--
		if s.depth == 0 {
			s.closed, s.end = true, s.decoder.InputOffset()
		}
	case xml.CharData:
		if s.depth == 0 && len(bytes.TrimSpace(t)) > 0 {
			return s.fault(pos, codeRoot, "there is text outside the root element", "delete it")
		}
	case xml.Directive:
		return s.fault(pos, codeDoctype, "the file has a <!DOCTYPE>, which may not be", "delete it: BPMN needs none")
	}
	return nil
}

func (s *scan) start(t xml.StartElement, pos Position) *Problem {
	if s.closed {
		return s.fault(pos, codeRoot, "there is a second root element",
			"a BPMN file has one bpmn:definitions element; put all processes into it")
	}
	s.depth++
	s.starts = append(s.starts, pos)
	switch {
	case len(s.starts) > MaxElements:
		return s.limit(pos, "the file has more than %d elements", MaxElements)
	case s.depth > MaxDepth:
		return s.limit(pos, "elements are nested more than %d deep", MaxDepth)
	case len(t.Attr) > MaxAttributes:
		return s.limit(pos, "the element has more than %d attributes", MaxAttributes)
	}
	for _, a := range t.Attr {
		if len(a.Value) > MaxAttributeValue {
			return s.limit(pos, "the attribute "+quote(a.Name.Local)+" is longer than %d bytes", MaxAttributeValue)
		}
	}
	return nil
}

func (s *scan) limit(pos Position, format string, limit int) *Problem {
	return s.fault(pos, codeLimit, fmt.Sprintf(format, limit), "split the file")
}

// position is where the decoder is. When it has stepped back over a line end it forgets where that line began.
func (s *scan) position() Position {
	line, column := s.decoder.InputPos()
	if column < 1 {
		before := s.data[:s.decoder.InputOffset()]
		column = len(before) - bytes.LastIndexByte(before, '\n')
	}
	return Position{File: s.file, Line: line, Column: column}
}

func (s *scan) fault(pos Position, code, text, hint string) *Problem {
	return &Problem{Pos: pos, Severity: SeverityError, Code: code, Text: text, Hint: hint}
}

func (s *scan) syntaxProblem(err error) *Problem {
	text, hint := err.Error(), "correct the XML; everything behind this place is unread"
	if syntax, ok := errors.AsType[*xml.SyntaxError](err); ok {
		text = syntax.Msg
	}
	if text == "invalid UTF-8" {
		return s.fault(s.position(), codeEncoding, "the file is not in UTF-8", "save it as UTF-8")
	}
	return s.fault(s.position(), codeSyntax, "the XML is not well formed: "+text, hint)
}
