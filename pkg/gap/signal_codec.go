package gap

import (
	"encoding/json"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

type fileSignal Signal

type signalValues struct {
	*fileSignal
	Source json.RawMessage `json:"source,omitempty"`
	Target json.RawMessage `json:"target,omitempty"`
}

// MarshalJSON writes the signal with its two values as values are written.
func (s Signal) MarshalJSON() ([]byte, error) {
	file := signalValues{fileSignal: (*fileSignal)(&s)}
	var err error
	if file.Source, err = marshalOptional(s.Source); err != nil {
		return nil, err
	}
	if file.Target, err = marshalOptional(s.Target); err != nil {
		return nil, err
	}
	return json.Marshal(file)
}

// UnmarshalJSON reads what MarshalJSON has written.
func (s *Signal) UnmarshalJSON(data []byte) error {
	file := signalValues{fileSignal: (*fileSignal)(s)}
	if err := json.Unmarshal(data, &file); err != nil {
		return err
	}
	var err error
	if s.Source, err = unmarshalOptional(file.Source); err != nil {
		return err
	}
	s.Target, err = unmarshalOptional(file.Target)
	return err
}

func marshalOptional(v resource.Value) ([]byte, error) {
	if v == nil {
		return nil, nil
	}
	return resource.MarshalValue(v)
}

func unmarshalOptional(data []byte) (resource.Value, error) {
	if len(data) == 0 {
		return nil, nil
	}
	return resource.UnmarshalValue(data)
}
