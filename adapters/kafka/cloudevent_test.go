package kafka

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/engine/runner"
)

func record(value string, headers ...string) runner.Incoming {
	in := runner.Incoming{Topic: "orders", Partition: 2, Offset: 7, Key: []byte("k"), Value: []byte(value), Timestamp: time.UnixMilli(1700000000123)}
	for i := 0; i < len(headers); i += 2 {
		in.Headers = append(in.Headers, runner.RecordHeader{Key: headers[i], Value: []byte(headers[i+1])})
	}
	return in
}

const (
	structuredHeader = "application/cloudevents+json; charset=UTF-8"
	minimal          = `{"specversion":"1.0","id":"1"`
)

func TestReadEvent(t *testing.T) {
	for _, c := range []struct {
		name       string
		in         runner.Incoming
		attributes map[string]any // besides specversion 1.0, id 1, source "" and type orders
		data       any
	}{
		{"with a header", record(minimal+`,"data":{"n":1}}`, "content-type", structuredHeader), nil, map[string]any{"n": int64(1)}},
		{"with a header in another case", record(minimal+`}`, "Content-Type", "Application/CloudEvents+JSON"), nil, nil},
		{"without a header", record(minimal + `,"data":[1.5,2,1e2]}`), nil, []any{1.5, int64(2), int64(100)}},
		{"with a header of plain JSON", record(minimal+`,"data":null}`, "content-type", "application/json"), nil, nil},
		{"an empty source, as SONATA's orders have", record(minimal + `,"source":"","data":true}`), nil, true},
		{"a type of its own", record(minimal + `,"type":"other"}`), map[string]any{"type": "other"}, nil},
		{"an empty type", record(minimal + `,"type":""}`), nil, nil},
		{"attributes in any case", record(`{"SpecVersion":"1.0","ID":"1","KogitoProcRefId":"42","Data":1}`), map[string]any{"kogitoprocrefid": "42"}, int64(1)},
		{"lower case goes first", record(minimal + `,"Subject":"b","subject":"a"}`), map[string]any{"subject": "a"}, nil},
		{"null means absent", record(minimal + `,"subject":null,"source":null}`), nil, nil},
		{"Kogito's attributes are text", record(minimal + `,"kogitoprocversion":1,"kogitoaddons":true}`), map[string]any{"kogitoprocversion": "1", "kogitoaddons": "true"}, nil},
		{"other attributes keep their type", record(minimal + `,"retries":3,"urgent":true}`), map[string]any{"retries": int64(3), "urgent": true}, nil},
		{"a number as id", record(`{"specversion":"1.0","id":1}`), nil, nil},
		{"data that is a string", record(minimal + `,"data":"{\"a\":1}"}`), nil, `{"a":1}`},
		{"JSON in Base64", record(minimal + `,"data_base64":"eyJhIjoxfQ=="}`), nil, map[string]any{"a": int64(1)}},
		{"text in Base64", record(minimal + `,"datacontenttype":"text/plain","data_base64":"aGk="}`), map[string]any{"datacontenttype": "text/plain"}, "hi"},
		{"bytes in Base64", record(minimal + `,"datacontenttype":"image/png","data_base64":"/w=="}`), map[string]any{"datacontenttype": "image/png"}, "/w=="},
		{"brackets in strings are no levels", record(minimal + `,"data":"\"` + strings.Repeat("[", 500) + `"}`), nil, `"` + strings.Repeat("[", 500)},
		{
			"binary", record(`{"n":1}`, "ce_specversion", "1.0", "ce_id", "1", "ce_source", "/a", "content-type", "application/json"),
			map[string]any{"source": "/a", "datacontenttype": "application/json"}, map[string]any{"n": int64(1)},
		},
		{"binary, of duplicates the first", record(`1`, "CE_ID", "1", "ce_id", "2", "ce_specversion", "1.0"), nil, int64(1)},
		{"binary without data", record("", "ce_specversion", "1.0", "ce_id", "1"), nil, nil},
		{
			"binary text", record("hi", "ce_specversion", "1.0", "ce_id", "1", "content-type", "text/plain; charset=utf-8"),
			map[string]any{"datacontenttype": "text/plain; charset=utf-8"}, "hi",
		},
		{
			"binary bytes", record("\xff", "ce_specversion", "1.0", "ce_id", "1", "content-type", "application/octet-stream"),
			map[string]any{"datacontenttype": "application/octet-stream"}, "/w==",
		},
		{
			"binary JSON of a kind", record(`[]`, "ce_specversion", "1.0", "ce_id", "1", "content-type", "application/problem+json"),
			map[string]any{"datacontenttype": "application/problem+json"}, []any{},
		},
		{"binary, other headers are no attributes", record(`1`, "ce_specversion", "1.0", "ce_id", "1", "traceparent", "00"), nil, int64(1)},
	} {
		t.Run(c.name, func(t *testing.T) {
			ReadEvent(&c.in, 1<<20)
			require.Empty(t, c.in.Fault)
			want := map[string]any{"specversion": "1.0", "id": "1", "source": "", "type": "orders"}
			maps.Copy(want, c.attributes)
			require.Equal(t, want, c.in.Attributes)
			require.Equal(t, c.data, c.in.Data)
			require.Equal(t, "1", c.in.ID)
			require.Equal(t, want["source"], c.in.Source)
		})
	}
}

func TestPlainJSONBecomesAnEvent(t *testing.T) {
	for value, data := range map[string]any{
		`{"order":1}`:                           map[string]any{"order": int64(1)},
		`[{"id":"1"}]`:                          []any{map[string]any{"id": "1"}},
		`"text"`:                                "text",
		"\t1\n":                                 int64(1),
		`null`:                                  nil,
		`{"id":"x","data":1}`:                   map[string]any{"id": "x", "data": int64(1)},
		`{"specversion":null,"id":"x"}`:         map[string]any{"specversion": nil, "id": "x"},
		`{"9007199254740993":9007199254740993}`: map[string]any{"9007199254740993": int64(9007199254740993)},
	} {
		in := record(value, "content-type", "text/plain")
		ReadEvent(&in, 1<<20)
		require.Empty(t, in.Fault, value)
		require.Equal(t, data, in.Data)
		require.Equal(t, "orders/2/7/1700000000123", in.ID)
		require.Equal(t, "kafka://orders", in.Source)
		require.Equal(t, map[string]any{"specversion": "1.0", "id": in.ID, "source": in.Source, "type": "orders"}, in.Attributes)
	}
}

func TestFaults(t *testing.T) {
	attributes := ""
	for i := range maxAttributes + 1 {
		attributes += fmt.Sprintf(`,"a%d":1`, i)
	}
	long := strings.Repeat("x", maxAttributeBytes+1)
	binary := []string{"ce_specversion", "1.0", "ce_id", "1"}
	for _, c := range []struct {
		fault string
		in    runner.Incoming
	}{
		{"empty record", record("")},
		{"empty record", record("", "content-type", structuredHeader)},
		{"not a JSON document", record("order")},
		{"not a JSON document", record(`{"a":1} {"b":2}`)},
		{"not a JSON document", record(`{"a":1`)},
		{"not UTF-8", record("{\"a\":\"\xff\"}")},
		{"not a JSON object", record(`[]`, "content-type", structuredHeader)},
		{"without specversion", record(`{"id":"1"}`, "content-type", structuredHeader)},
		{"another specversion", record(`{"specversion":"0.3","id":"1"}`)},
		{"another specversion", record(`{"specversion":1.1,"id":"1"}`)},
		{"without id", record(`{"specversion":"1.0"}`)},
		{"without id", record(`{"specversion":"1.0","id":""}`)},
		{"without id", record(`{"specversion":"1.0","id":null}`)},
		{`"id" is not a string`, record(`{"specversion":"1.0","id":{"a":1}}`)},
		{`"kogitoprocrefid" is not a string`, record(minimal + `,"kogitoprocrefid":["a"]}`)},
		{"is longer than", record(minimal + `,"subject":"` + long + `"}`)},
		{"is longer than", record(minimal + `,"` + long + `":1}`)},
		{"attributes: at most", record(minimal + attributes + `}`)},
		{"not Base64", record(minimal + `,"data_base64":"%%"}`)},
		{"not Base64", record(minimal + `,"data_base64":1}`)},
		{"not a JSON document", record(minimal + `,"data_base64":"aGk="}`)},
		{"batch", record(`[]`, "content-type", "application/cloudevents-batch+json")},
		{"batch", record(`[` + minimal + `}]`)},
		{"format other than JSON", record("x", "content-type", "application/cloudevents+protobuf")},
		{"format other than JSON", record("x", "content-type", "application/cloudevents")},
		{"without id", record("1", "ce_specversion", "1.0")},
		{"without specversion", record("1", "ce_id", "1")},
		{"another specversion", record("1", "ce_id", "1", "ce_specversion", "2.0")},
		{"not a JSON document", record("hi", binary...)},
		{"not a JSON document", record("hi", append(binary, "content-type", "application/json")...)},
		{`"ce_subject" is not UTF-8`, record("1", append(binary, "ce_subject", "\xff")...)},
		{"nested deeper", record(strings.Repeat(`{"a":`, 101) + "1" + strings.Repeat("}", 101))},
		{"nested deeper", record(strings.Repeat(`[`, 500) + strings.Repeat(`]`, 500))},
		{"nested deeper", record(strings.Repeat(`[`, 500_000))},
		{"at most 1048576 are read", record(`"` + strings.Repeat("x", 1<<20) + `"`)},
		{"headers: at most", record("1", strings.Split(strings.Repeat("h,v,", 101)+"h,v", ",")...)},
		{"key of 2049 bytes", func() runner.Incoming { in := record("1"); in.Key = []byte(long); return in }()},
	} {
		ReadEvent(&c.in, 1<<20)
		require.Contains(t, c.in.Fault, c.fault)
		require.Nil(t, c.in.Attributes)
		require.Nil(t, c.in.Data)
		require.Empty(t, c.in.ID)
		require.NotEmpty(t, c.in.Topic)
	}
}

func TestFaultsShowNoData(t *testing.T) {
	for _, value := range []string{`{"password":"hunter2"`, `{"specversion":"hunter2","id":"1"}`, minimal + `,"data_base64":"hunter2"}`, `hunter2`} {
		in := record(value)
		ReadEvent(&in, 1<<20)
		require.NotEmpty(t, in.Fault)
		require.NotContains(t, in.Fault, "hunter2")
	}
}

func TestEncodeIsDeterministicAndReadable(t *testing.T) {
	m := runner.Outgoing{
		ID: "id", Time: time.Date(2026, 11, 22, 8, 0, 0, 5, time.FixedZone("", 3600)), Topic: "orders", ProcessID: "p", InstanceKey: "1",
		Version: 2, Headers: map[string]string{"z": "1", "a": "2", "m": "3"}, Data: json.RawMessage("{ \"b\" : \"<>&\u2028\",\n\"a\":1.0 }"),
	}
	first, err := encode(m)
	require.NoError(t, err)
	//nolint:testifylint // the bytes are to be the same, not just the JSON
	require.Equal(t, `{"specversion":"1.0","id":"id","source":"/process/p","type":"orders","time":"2026-11-22T07:00:00.000000005Z",`+
		`"datacontenttype":"application/json","kogitoproctype":"BPMN","kogitoprocinstanceid":"1","kogitoprocversion":"2","kogitoprocid":"p",`+
		"\"kogitoprocist\":\"Active\",\"data\":{\"b\":\"<>&\u2028\",\"a\":1.0}}", string(first.Value))
	require.Nil(t, first.Key)
	for range 50 {
		again, err := encode(m)
		require.NoError(t, err)
		require.Equal(t, first, again)
	}
	m.Data = nil
	bare, err := encode(m)
	require.NoError(t, err)
	require.NotContains(t, string(bare.Value), `"data":`)
}

func FuzzReadEvent(f *testing.F) {
	for _, value := range []string{
		minimal + `,"data":{"n":1}}`, minimal + `,"data_base64":"eyJhIjoxfQ=="}`, `{"a":[1,{"b":null}]}`, `[` + minimal + `}]`, "", "\xff", `{"SPECVERSION":"1.0","Id":7}`,
	} {
		f.Add([]byte(value), structuredHeader, "1.0", "1")
		f.Add([]byte(value), "", "", "")
		f.Add([]byte(value), "application/json", "1.0", "1")
		f.Add([]byte(value), "text/plain", "", "x")
	}
	f.Fuzz(func(t *testing.T, value []byte, content, version, id string) {
		in := record(string(value), "content-type", content)
		if version != "" {
			in.Headers = append(in.Headers, runner.RecordHeader{Key: "ce_specversion", Value: []byte(version)})
		}
		if id != "" {
			in.Headers = append(in.Headers, runner.RecordHeader{Key: "Ce_Id", Value: []byte(id)})
		}
		ReadEvent(&in, 1<<16)
		if in.Fault != "" {
			require.Nil(t, in.Attributes)
			require.Nil(t, in.Data)
			return
		}
		require.NotEmpty(t, in.ID)
		require.Equal(t, in.ID, in.Attributes["id"])
		require.Equal(t, in.Source, in.Attributes["source"])
		require.Equal(t, "1.0", in.Attributes["specversion"])
		for name := range in.Attributes {
			require.Equal(t, strings.ToLower(name), name)
		}
		// What was read can be written and read again.
		data, err := json.Marshal(in.Data)
		require.NoError(t, err)
		out, err := encode(runner.Outgoing{ID: in.ID, Topic: "orders", Data: data})
		require.NoError(t, err)
		again := record(string(out.Value), "content-type", structuredHeader)
		ReadEvent(&again, 1<<20)
		if again.Fault != "" {
			require.Contains(t, again.Fault, "deeper") // the envelope is one more
			return
		}
		text, err := json.Marshal(again.Data)
		require.NoError(t, err)
		require.Equal(t, string(data), string(text))
	})
}

// In binary mode the value is the data alone, and what is written is read again as the same event.
func TestBinaryMode(t *testing.T) {
	m := runner.Outgoing{
		ID: "id", Time: time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC), Topic: "orders", ProcessID: "p", InstanceKey: "1", BusinessKey: "b",
		Headers: map[string]string{"contentMode": "binary", "other": "1", "Traceparent": "00-1-2-01", "TRACESTATE": "x=1"}, Data: json.RawMessage(`{"messageType":"PING"}`),
		TraceParent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", TraceState: "vendor=1",
	}
	out, err := encode(m)
	require.NoError(t, err)
	//nolint:testifylint // the bytes are to be the same, not just the JSON
	require.Equal(t, `{"messageType":"PING"}`, string(out.Value))
	in := runner.Incoming{Topic: "orders", Value: out.Value}
	for _, h := range out.Headers {
		require.NotContains(t, []string{"contentMode", "Traceparent", "TRACESTATE"}, h.Key)
		in.Headers = append(in.Headers, runner.RecordHeader{Key: h.Key, Value: h.Value})
	}
	ReadEvent(&in, 1<<20)
	require.Empty(t, in.Fault)
	require.Equal(t, "id", in.ID)
	require.Equal(t, "/process/p", in.Source)
	require.Equal(t, "b", in.Attributes["kogitobusinesskey"])
	require.Equal(t, m.TraceParent, in.Attributes["traceparent"])
	require.Equal(t, m.TraceParent, header(in.Headers, "traceparent"))
	require.Equal(t, "vendor=1", in.Attributes["tracestate"])
	require.Equal(t, "vendor=1", header(in.Headers, "tracestate"))
	require.Equal(t, map[string]any{"messageType": "PING"}, in.Data)

	m.Data = json.RawMessage("{")
	_, err = encode(m)
	require.ErrorIs(t, err, runner.ErrUnpublishable)
}
