package diff

import "fmt"

// ParseUpdateWith reads how attributes are changed, as a flag spells it: "put" or "patch".
func ParseUpdateWith(s string) (Op, error) {
	switch op := Op(s); op {
	case Put, Patch:
		return op, nil
	}
	return "", fmt.Errorf("%q: write %s or %s", s, Put, Patch)
}

// Why the API's documentation does not allow an operation on a source that is
// no flat file.
var notDirect = map[Op]string{
	Create: "the source is direct, and the API only makes a record of the account, it does not provision it: " +
		"unless the account is on the target system, too, the next aggregation takes it away again",
	Put:    "the source is direct, and PUT changes accounts of flat-file sources only: change them on the target system",
	Patch:  "the source is direct, and PATCH changes attributes of accounts of flat-file sources only: change them on the target system",
	Delete: "the source is direct, and DELETE takes accounts of flat-file sources only: disable the account instead",
}

// NotDirect says why an operation is not possible on a direct source, "" when
// it is. A patch of anything but attributes is.
func NotDirect(op Op) string { return notDirect[op] }

// create is why a create cannot be sent, or what there is to say about one that can.
func (p *Policy) create() (impossible, reason string) {
	switch {
	case !p.Direct:
		return "", ""
	case p.AllowDirectCreate:
		return "", notDirect[Create]
	}
	return notDirect[Create] + " (--allow-direct-create sends it all the same)", ""
}

// unlessDirect says why a put, a patch of attributes or a delete cannot be sent,
// "" when it can.
func (p *Policy) unlessDirect(op Op) string {
	if p.Direct {
		return notDirect[op]
	}
	return ""
}

// noCorrelation says why an account must stay with its identity, "" when it need not.
func (p *Policy) noCorrelation() string {
	if p.Authoritative && !p.AllowRecorrelate {
		return NotRecorrelated
	}
	return ""
}

// NotRecorrelated is why an account of an authoritative source stays with its identity.
const NotRecorrelated = "the source is authoritative: an identity that loses its account there becomes uncorrelated and can even be deleted " +
	"(--allow-recorrelate sends it all the same)"
