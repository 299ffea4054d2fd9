package resource

import "encoding/json"

type fileDecision Decision

type decisionValues struct {
	*fileDecision
	From json.RawMessage `json:"from,omitempty"`
	To   json.RawMessage `json:"to,omitempty"`
}

// MarshalJSON writes the decision without the target's id.
func (d Decision) MarshalJSON() ([]byte, error) {
	from, err := MarshalValue(d.From)
	if err != nil {
		return nil, err
	}
	to, err := MarshalValue(d.To)
	if err != nil {
		return nil, err
	}
	return json.Marshal(decisionValues{fileDecision: (*fileDecision)(&d), From: from, To: to})
}

// UnmarshalJSON reads what MarshalJSON has written.
func (d *Decision) UnmarshalJSON(data []byte) error {
	file := decisionValues{fileDecision: (*fileDecision)(d)}
	if err := json.Unmarshal(data, &file); err != nil {
		return err
	}
	var err error
	if d.From, err = unmarshalOptional(file.From); err != nil {
		return err
	}
	d.To, err = unmarshalOptional(file.To)
	return err
}

func unmarshalOptional(data []byte) (Value, error) {
	if len(data) == 0 {
		return nil, nil
	}
	return UnmarshalValue(data)
}
