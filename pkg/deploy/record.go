package deploy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"time"

	"github.com/wechsel-project/wechsel/pkg/gap"
	"github.com/wechsel-project/wechsel/pkg/plan"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// A RecordType says what a record of the journal tells.
type RecordType string

// The types of records.
const (
	RecordDrill    RecordType = "drill"    // the first: Drill
	RecordStage    RecordType = "stage"    // a run begins or is resumed: Stage, Cloud, Plan
	RecordIntent   RecordType = "intent"   // the call of Step comes next: Action
	RecordUnsent   RecordType = "unsent"   // the call was never made, or refused until the run was stopped: nothing comes of it any more
	RecordMade     RecordType = "made"     // the call has created ID
	RecordRefused  RecordType = "refused"  // the call was refused, nothing was created: Signals; properties that they name are dropped
	RecordFound    RecordType = "found"    // the cloud made ID for Parent, which is ours
	RecordDone     RecordType = "done"     // the step is over; Signals of what was refused after creating
	RecordLost     RecordType = "lost"     // the step is over, in vain: Signals
	RecordDeleted  RecordType = "deleted"  // ID is gone
	RecordCleaning RecordType = "cleaning" // from now on all that the drill has on Cloud is deleted
	RecordCleaned  RecordType = "cleaned"  // nothing is left on Cloud
)

// A Record is one line of a journal. Fields that a type does not need are
// empty.
type Record struct {
	Seq     int64        `json:"seq"` // from 1, without a hole
	Time    time.Time    `json:"time"`
	Type    RecordType   `json:"type"`
	Drill   string       `json:"drill,omitempty"`
	Stage   string       `json:"stage,omitempty"`
	Cloud   string       `json:"cloud,omitempty"`
	Plan    string       `json:"plan,omitempty"` // digest of the plan's set and steps
	Step    string       `json:"step,omitempty"`
	Action  plan.Action  `json:"action,omitempty"` // of an intent
	Ref     resource.Ref `json:"ref,omitzero"`
	ID      string       `json:"id,omitempty"`
	Parent  resource.Ref `json:"parent,omitzero"` // as drivers write it: the key is an id
	Signals []gap.Signal `json:"signals,omitempty"`
}

// Each line ends in a checksum of all before it: a CRC finds every change of
// up to 32 bits in a row, so every changed byte.
const (
	sumHead = `,"sum":"`
	sumTail = `"}`
	sumLen  = 8
)

func checksum(data []byte) string {
	return fmt.Sprintf("%0*x", sumLen, crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli)))
}

// encodeRecord returns the record's line, with its end.
func encodeRecord(r Record) ([]byte, error) {
	data, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	body := data[:len(data)-1]
	return append(body, sumHead+checksum(body)+sumTail+"\n"...), nil
}

var errSum = errors.New("its checksum does not match")

// decodeRecord reads a line without its end.
func decodeRecord(line []byte) (Record, error) {
	var r Record
	at := len(line) - len(sumHead) - sumLen - len(sumTail)
	if at <= 0 {
		return r, errSum
	}
	body := line[:at]
	if string(line[at:]) != sumHead+checksum(body)+sumTail {
		return r, errSum
	}
	err := json.Unmarshal(line, &r)
	return r, err
}

// decodeRecords reads a whole journal, and returns how many of its bytes are
// good. A last line without an end was torn by a crash: it is left out. Any
// other damage is an error.
func decodeRecords(data []byte) ([]Record, int, error) {
	var out []Record
	good := 0
	for {
		end := bytes.IndexByte(data[good:], '\n')
		if end < 0 {
			return out, good, nil
		}
		number := len(out) + 1
		r, err := decodeRecord(data[good : good+end])
		if err == nil && r.Seq != int64(number) {
			err = fmt.Errorf("it has number %d", r.Seq)
		}
		if err == nil && (number == 1) != (r.Type == RecordDrill) {
			err = fmt.Errorf("a %q record does not belong there", r.Type)
		}
		if err != nil {
			return nil, 0, fmt.Errorf("line %d is damaged: %w", number, err)
		}
		out = append(out, r)
		good += end + 1
	}
}
