package sandbox

// entitlement is a value of an entitlement attribute of an account.
type entitlement struct{ attribute, value string }

// entitlements are those of an account, in the order of the schema.
func (a *account) entitlements() []entitlement {
	if !a.entitled {
		return nil
	}
	values := parseValues(a.attributes)
	var all []entitlement
	for _, field := range a.source.Schema.Attributes {
		if field.IsEntitlement {
			for _, value := range values.list(field.Name) {
				all = append(all, entitlement{field.Name, value})
			}
		}
	}
	return all
}

func (a *account) entitlementValues() []string {
	var values []string
	for _, e := range a.entitlements() {
		values = append(values, e.value)
	}
	return values
}

// accountEntitlements serves GET /accounts/{id}/entitlements.
func (s *Server) accountEntitlements(c *call) (*reply, *problem) {
	a, p := s.target(c)
	if p != nil {
		return nil, p
	}
	q, p := c.listQuery()
	if p != nil {
		return nil, p
	}
	return listReply(q, a.entitlements(), func(dst []byte, e entitlement) []byte {
		return s.appendEntitlement(dst, a.source, e)
	}), nil
}

// appendEntitlement writes an entitlement with its documented members.
func (s *Server) appendEntitlement(dst []byte, src *source, e entitlement) []byte {
	dst = append(dst, `{"id":`...)
	dst = quote(dst, deriveID(s.store.seed, "entitlement", src.id, e.attribute, e.value))
	dst = member(dst, "name", e.value)
	dst = member(dst, "attribute", e.attribute)
	dst = member(dst, "value", e.value)
	dst = append(dst, `,"sourceSchemaObjectType":"group","description":null,"privileged":false,"cloudGoverned":false,"requestable":true`...)
	dst = append(dst, `,"owner":null,"manuallyUpdatedFields":null,"accessModelMetadata":{"attributes":[]}`...)
	dst = member(dst, "created", stamp(src.created))
	dst = member(dst, "modified", stamp(src.created))
	dst = append(dst, `,"source":{"type":"SOURCE"`...)
	dst = member(dst, "id", src.id)
	dst = member(dst, "name", src.Name)
	return append(dst, `},"attributes":{},"segments":null,"directPermissions":[]}`...)
}
