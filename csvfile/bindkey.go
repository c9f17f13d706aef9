package csvfile

import (
	"fmt"
	"slices"

	"accountsync/account"
	"accountsync/internal/suggest"
	"accountsync/internal/text"
)

// bindKey finds the key column: the one that --key names, else that of the
// identityAttribute or nativeIdentity.
func (b *binder) bindKey() error {
	identity := b.indexOf(func(c account.Column) bool { return c.Attribute == b.schema.IdentityAttribute })
	if identity >= 0 && b.native >= 0 {
		return b.bad(b.headerLine, fmt.Sprintf("columns %q and %q both hold the native identity",
			b.bound[identity].Header, b.header[b.native]), b.leaveOut(b.bound[identity].at, b.native))
	}
	if b.namedKey() {
		return b.bindNamedKey(identity)
	}
	switch {
	case identity >= 0:
		b.key = b.bound[identity]
		b.bound = slices.Delete(b.bound, identity, identity+1)
	case b.native >= 0:
		b.key = b.nativeColumn()
	default:
		return b.noKey()
	}
	b.key.Multi = false
	return nil
}

// namedKey reports whether --key names anything but the usual key column.
func (b *binder) namedKey() bool {
	name, key := b.opt.Key, b.schema.IdentityAttribute
	if mapped, ok := b.opt.Map[name]; ok {
		name = mapped
	}
	return name != "" && name != key && name != NativeIdentityColumn
}

// bindNamedKey makes the column of --key the key. The identityAttribute is then
// a column like any other, which creates need.
func (b *binder) bindNamedKey(identity int) error {
	key := b.indexOf(func(c account.Column) bool { return c.Header == b.opt.Key })
	if key < 0 {
		key = b.indexOf(func(c account.Column) bool { return c.Attribute == b.opt.Key })
	}
	switch {
	case key < 0:
		return b.bad(b.headerLine, fmt.Sprintf("--key %s: no column of that name is an attribute", b.opt.Key)+
			suggest.DidYouMean(b.opt.Key, b.header), "name a column of the file, or leave --key out")
	case b.bound[key].Multi:
		return b.bad(b.headerLine, fmt.Sprintf("--key %s: the attribute is multi-valued", b.opt.Key), "name a single-valued attribute")
	case identity < 0 && b.native < 0:
		return b.bad(b.headerLine, fmt.Sprintf("--key %s: the file has no column %q beside it, without which no account can be created",
			b.opt.Key, b.schema.IdentityAttribute), "add the column")
	}
	b.key, b.byAttribute = b.bound[key], true
	b.bound = slices.Delete(b.bound, key, key+1)
	if identity < 0 {
		b.bound = append(b.bound, b.nativeColumn())
	}
	return nil
}

// nativeColumn is the column nativeIdentity as the identityAttribute it stands for.
func (b *binder) nativeColumn() boundColumn {
	a, _ := b.schema.AttributeOrKey(b.schema.IdentityAttribute)
	return boundColumn{b.column(b.header[b.native], a), b.native}
}

func (b *binder) indexOf(is func(account.Column) bool) int {
	return slices.IndexFunc(b.bound, func(c boundColumn) bool { return is(c.Column) })
}

func (b *binder) noKey() error {
	want := b.schema.IdentityAttribute
	msg := fmt.Sprintf("no key column: source %q needs a column %q (or %q)", b.source.Name, want, NativeIdentityColumn)
	if near := suggest.Nearest(want, b.header); near != "" {
		return b.bad(b.headerLine, msg+fmt.Sprintf("; did you mean column %q?", near), "use --map "+text.ShellWord(near+"="+want))
	}
	return b.bad(b.headerLine, msg, b.keyHint())
}

// keep stores the columns in the order of the file.
func (b *binder) keep() {
	slices.SortFunc(b.bound, func(c, d boundColumn) int { return c.at - d.at })
	for _, c := range b.bound {
		b.columns, b.at = append(b.columns, c.Column), append(b.at, c.at)
	}
	b.used = make([]bool, len(b.header))
	for _, at := range append([]int{b.key.at, b.sourceAt, b.states.disabled, b.states.locked, b.states.identityID, b.states.manual, b.states.lookup}, b.at...) {
		if at >= 0 {
			b.used[at] = true
		}
	}
	b.typed = typedColumns(b.columns)
	b.oddStart = b.oddStarts()
	b.codeNames = slices.ContainsFunc(slices.Concat(b.header, b.schema.Names()), isCode)
	b.sideBySide = len(b.at) > 0 && b.at[len(b.at)-1]-b.at[0] == len(b.at)-1
}
