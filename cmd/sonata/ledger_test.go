package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"
	"github.com/stretchr/testify/require"
)

// ledger is what the program has acknowledged while it was under load and might be stopped at any moment: the outside world relies
// on all of it. Its flows are those of testdata/ledger.bpmn.
type ledger struct {
	t *testing.T

	mu      sync.Mutex
	started []string // keys of instances of "hold" that REST has confirmed
	sent    []int    // numbers of records that the broker has confirmed; "echo" answers each
	next    int      // the number to send next; one that was not confirmed is not used again
	left    int      // confirmations until enough is closed
	enough  chan struct{}
}

// load works on an engine and its broker, which may be one process, until they do not answer any more or end is called. The channel
// is closed when so many things were confirmed.
func (l *ledger) load(s, broker *sonata, confirmations int) (enough <-chan struct{}, end func()) {
	l.left, l.enough = confirmations, make(chan struct{})
	var working sync.WaitGroup
	over := make(chan struct{})
	for range 4 {
		working.Go(func() { l.start(s.url, over) })
	}
	working.Go(func() { l.produce(broker, over) })
	if confirmations == 0 {
		close(l.enough)
	}
	return l.enough, func() {
		close(over)
		working.Wait()
	}
}

// confirm notes that something was confirmed.
func (l *ledger) confirm(note func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	note()
	if l.left--; l.left == 0 {
		close(l.enough)
	}
}

// start starts an instance after the other.
func (l *ledger) start(url string, over <-chan struct{}) {
	client := http.Client{Timeout: patience}
	defer client.CloseIdleConnections()
	for !isClosed(over) {
		response, err := client.Post(url+"/v2/process-instances", "application/json", strings.NewReader(`{"processDefinitionId":"hold"}`))
		if err != nil {
			return
		}
		var started struct{ ProcessInstanceKey string }
		body, err := io.ReadAll(response.Body)
		if response.Body.Close(); err != nil || response.StatusCode != http.StatusOK || json.Unmarshal(body, &started) != nil {
			return
		}
		l.confirm(func() { l.started = append(l.started, started.ProcessInstanceKey) })
	}
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// produce publishes a record after the other; each is confirmed before the next.
func (l *ledger) produce(broker *sonata, over <-chan struct{}) {
	producer, err := kafka.NewProducer(&kafka.ConfigMap{"bootstrap.servers": broker.kafka, "acks": "all", "log_level": 0, "linger.ms": 0})
	if err != nil {
		return
	}
	defer producer.Close()
	topic, report := "ledger-in", make(chan kafka.Event, 1)
	for !isClosed(over) {
		n := l.next
		l.next++
		event := cloudEventText(topic, "in-"+strconv.Itoa(n), fmt.Sprintf(`{"n":%d}`, n))
		if producer.Produce(&kafka.Message{TopicPartition: kafka.TopicPartition{Topic: &topic, Partition: kafka.PartitionAny}, Value: []byte(event)}, report) != nil {
			return
		}
		select {
		case event := <-report:
			if m, ok := event.(*kafka.Message); !ok || m.TopicPartition.Error != nil {
				return
			}
			l.confirm(func() { l.sent = append(l.sent, n) })
		case <-over:
			return
		}
	}
}

// wrong compares what was acknowledged with what there is now: what is lost, and what happened twice.
func (l *ledger) wrong(s *sonata) []string {
	l.t.Helper()
	var wrong []string
	for _, key := range l.started {
		response, err := http.Get(s.url + "/v2/process-instances/" + key)
		require.NoError(l.t, err)
		response.Body.Close()
		if response.StatusCode != http.StatusOK {
			wrong = append(wrong, fmt.Sprintf("instance %s is lost", key))
		}
	}
	// Answers come in the order of the questions: once the last question is answered, all are.
	last := l.next
	l.next++
	s.publish("ledger-in", "", cloudEventText("ledger-in", "in-"+strconv.Itoa(last), fmt.Sprintf(`{"n":%d}`, last)))
	answers := map[int]map[any]bool{}
	s.await("ledger-out", func(r record) bool {
		n := int(r.data()["n"].(float64))
		if answers[n] == nil {
			answers[n] = map[any]bool{}
		}
		answers[n][r.event["id"]] = true // a receiver drops an id that it has seen
		return n == last
	})
	for _, n := range append(l.sent, last) {
		if times := len(answers[n]); times != 1 {
			wrong = append(wrong, fmt.Sprintf("record %d was answered %d times; %s", n, times, l.whereabouts(s, n)))
		}
	}
	if open := s.items("process-instances", `{"processDefinitionId":"echo","state":"ACTIVE"}`); len(open) > 0 {
		wrong = append(wrong, fmt.Sprintf("%d answered instances are still there", len(open)))
	}
	return append(wrong, s.complaints()...)
}

// whereabouts tells what there is of a record, for whoever looks for the fault.
func (l *ledger) whereabouts(s *sonata, n int) string {
	l.t.Helper()
	read := 0
	records := s.records()
	for _, r := range records["ledger-in"] {
		if r.event["id"] == "in-"+strconv.Itoa(n) {
			read++
		}
	}
	taken := s.items("process-instances", `{"processDefinitionId":"echo"}`)
	return fmt.Sprintf("it is %d times among the %d records of its topic, which began %d instances; there are %d answers", read, len(records["ledger-in"]), len(taken), len(effects(records["ledger-out"])))
}

// complaints are what an operator would see that nobody expects here.
func (s *sonata) complaints() []string {
	s.t.Helper()
	var complaints []string
	for _, collection := range []string{"incidents", "dead-letters"} {
		for _, item := range s.items(collection, `{}`) {
			complaints = append(complaints, fmt.Sprintf("%s: %v", collection, item))
		}
	}
	return complaints
}
