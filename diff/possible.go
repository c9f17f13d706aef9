package diff

import "fmt"

// ParseUpdateWith reads how attributes are changed, as a flag spells it: "put" or "patch".
func ParseUpdateWith(s string) (Op, error) {
	switch op := Op(s); op {
	case Put, Patch:
		return op, nil
	}
	return "", fmt.Errorf("%q is no way to change attributes: write %s or %s", s, Put, Patch)
}

// directCreate is what the API's documentation warns of.
const directCreate = "the source is direct, and the API only makes a record of the account, it does not provision it: " +
	"unless the account is on the target system, too, the next aggregation takes it away again"

// create is why a create cannot be sent, or what there is to say about one that can.
func (p *Policy) create() (impossible, reason string) {
	switch {
	case !p.Direct:
		return "", ""
	case p.AllowDirectCreate:
		return "", directCreate
	}
	return directCreate + " (--allow-direct-create sends it all the same)", ""
}

// noAttributes says why attributes cannot be changed, "" when they can.
func (p *Policy) noAttributes() string {
	if p.Direct {
		return "the source is direct, and the API changes attributes of accounts of flat-file sources only: change them on the target system"
	}
	return ""
}

// noDelete says why an account cannot be deleted, "" when it can.
func (p *Policy) noDelete() string {
	if p.Direct {
		return "the source is direct, and the API deletes accounts of flat-file sources only: use --removal " + string(RemovalDisable)
	}
	return ""
}

// noCorrelation says why an account must stay with its identity, "" when it need not.
func (p *Policy) noCorrelation() string {
	if p.Authoritative && !p.AllowRecorrelate {
		return "the source is authoritative: an identity that loses its account there becomes uncorrelated and can even be deleted " +
			"(--allow-recorrelate sends it all the same)"
	}
	return ""
}
