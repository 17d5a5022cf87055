package bpmn

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strings"

	"golang.org/x/net/html/charset"
)

// declaredEncoding finds the encoding of an XML declaration (XML 1.0 §2.8), which has ASCII characters only.
var declaredEncoding = regexp.MustCompile(`^<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z][A-Za-z0-9._-]*)["']`)

// toUTF8 gives the document as UTF-8 without byte order mark, whatever encoding it has (XML 1.0 appendix F).
func toUTF8(data []byte) ([]byte, error) {
	if rest, ok := bytes.CutPrefix(data, []byte("\xef\xbb\xbf")); ok {
		return rest, nil
	}
	if label := utf16Label(data); label != "" {
		return convert(data, label)
	}
	match := declaredEncoding.FindSubmatch(data[:min(len(data), 256)])
	if match == nil {
		return data, nil
	}
	label := strings.ToLower(string(match[1]))
	switch {
	case label == "utf-8" || label == "utf8" || label == "us-ascii" || label == "ascii":
		return data, nil
	case strings.HasPrefix(label, "utf-16") || strings.HasPrefix(label, "utf16"):
		return nil, fmt.Errorf("the first line says encoding %q, but the file is not in UTF-16", match[1])
	}
	return convert(data, label)
}

// utf16Label tells UTF-16 by its byte order mark or by how "<" looks in it.
func utf16Label(data []byte) string {
	switch {
	case bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("<\x00")):
		return "utf-16le"
	case bytes.HasPrefix(data, []byte("\xfe\xff")), bytes.HasPrefix(data, []byte("\x00<")):
		return "utf-16be"
	}
	return ""
}

func convert(data []byte, label string) ([]byte, error) {
	reader, err := charset.NewReaderLabel(label, bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("the encoding %q is not known", label)
	}
	converted, err := io.ReadAll(reader)
	if err != nil {
		return nil, fmt.Errorf("the file is not in the encoding %q", label)
	}
	return bytes.TrimPrefix(converted, []byte("\xef\xbb\xbf")), nil
}
