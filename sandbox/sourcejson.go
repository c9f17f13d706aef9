package sandbox

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// setDefaults fills in what a source of its kind has.
func (s *source) setDefaults() {
	if s.Type == "" {
		s.Type = map[bool]string{true: "DelimitedFile", false: "Active Directory - Direct"}[s.file()]
	}
	if s.Features == nil {
		s.Features = []string{"PROVISIONING", "ENABLE", "UNLOCK", "SYNC_PROVISIONING", "DISCOVER_SCHEMA"}
		if s.file() {
			s.Features = []string{"DIRECT_PERMISSIONS", "NO_RANDOM_ACCESS", "DISCOVER_SCHEMA"}
		}
	}
	s.Schema.Attributes = slices.Clone(s.Schema.Attributes)
	for i := range s.Schema.Attributes {
		s.Schema.Attributes[i].Type = cmp.Or(s.Schema.Attributes[i].Type, "STRING")
	}
}

// appendTail writes what all accounts of the source share, two members included that no documentation names:
// clients must decode leniently.
func (s *source) appendTail(dst []byte) []byte {
	dst = member(dst, "sourceId", s.id)
	dst = member(dst, "sourceName", s.Name)
	dst = member(dst, "connectionType", s.ConnectionType)
	dst = flag(dst, "authoritative", s.Authoritative)
	dst = flag(dst, "systemAccount", false)
	dst = member(dst, "features", strings.Join(s.Features, ", "))
	dst = append(dst, `,"sourceOwner":`...)
	dst = s.owner.appendRef(dst)
	dst = append(dst, `,"ownerIdentity":null`...)
	return append(dst, `,"isCloudManaged":null,"classification":{"confidence":0.87,"labels":["unknown","to you"]}}`...)
}

func (p *identity) appendRef(dst []byte) []byte {
	dst = append(dst, `{"type":"IDENTITY"`...)
	dst = member(dst, "id", p.id)
	return append(member(dst, "name", p.name), '}')
}

// appendJSON writes the source as GET /sources/{id} shows it.
func (s *source) appendJSON(dst []byte) []byte {
	dst = append(dst, `{"id":`...)
	dst = quote(dst, s.id)
	dst = member(dst, "name", s.Name)
	dst = member(dst, "description", s.Description)
	dst = append(dst, `,"owner":`...)
	dst = s.owner.appendRef(dst)
	dst = append(dst, `,"cluster":null,"accountCorrelationConfig":null,"accountCorrelationRule":null,`+
		`"managerCorrelationMapping":null,"managerCorrelationRule":null,"beforeProvisioningRule":null,"passwordPolicies":null`...)
	dst = append(dst, `,"schemas":[{"type":"CONNECTOR_SCHEMA"`...)
	dst = member(dst, "id", s.schemaID())
	dst = append(dst, `,"name":"account"}],"features":`...)
	dst = appendList(dst, s.Features)
	dst = member(dst, "type", s.Type)
	dst = s.appendConnector(dst)
	dst = append(dst, `,"deleteThreshold":`...)
	dst = strconv.AppendInt(dst, int64(s.DeleteThreshold), 10)
	dst = flag(dst, "authoritative", s.Authoritative)
	dst = append(dst, `,"managementWorkgroup":null,"healthy":true,"status":"SOURCE_STATE_HEALTHY"`...)
	dst = member(dst, "since", stamp(s.created))
	dst = member(dst, "created", stamp(s.created))
	dst = member(dst, "modified", stamp(s.created))
	return append(dst, `,"credentialProviderEnabled":false,"category":null}`...)
}

func (s *source) appendConnector(dst []byte) []byte {
	name := "Active Directory - Direct"
	script, class := "active-directory-angularsc", "sailpoint.connector.ADLDAPConnector"
	if s.file() {
		name, script, class = "Delimited File", "delimited-file-angularsc", "sailpoint.connector.DelimitedFileConnector"
	}
	dst = member(dst, "connector", script)
	dst = member(dst, "connectorClass", class)
	dst = append(dst, `,"connectorAttributes":{}`...)
	dst = member(dst, "connectorId", script)
	dst = member(dst, "connectorName", name)
	dst = member(dst, "connectorImplementationId", script)
	return member(dst, "connectionType", s.ConnectionType)
}

func appendList(dst []byte, list []string) []byte {
	dst = append(dst, '[')
	for i, text := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = quote(dst, text)
	}
	return append(dst, ']')
}

func (s *source) schemaID() string { return deriveID(0, "schema", s.id) }

// appendSchema writes the account schema as GET /sources/{id}/schemas shows it.
func (s *source) appendSchema(dst []byte) []byte {
	dst = append(dst, `{"id":`...)
	dst = quote(dst, s.schemaID())
	dst = append(dst, `,"name":"account","nativeObjectType":"User"`...)
	dst = member(dst, "identityAttribute", s.Schema.IdentityAttribute)
	dst = memberOrNull(dst, "displayAttribute", s.Schema.DisplayAttribute)
	dst = append(dst, `,"hierarchyAttribute":null,"includePermissions":false,"features":[],"configuration":{},"attributes":[`...)
	for i := range s.Schema.Attributes {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = s.Schema.Attributes[i].appendJSON(dst)
	}
	dst = append(dst, ']')
	dst = member(dst, "created", stamp(s.created))
	return append(member(dst, "modified", stamp(s.created)), '}')
}

func (a *AttributeSeed) appendJSON(dst []byte) []byte {
	dst = append(dst, `{"name":`...)
	dst = quote(dst, a.Name)
	dst = member(dst, "type", a.Type)
	dst = append(dst, `,"schema":null`...)
	dst = member(dst, "description", a.Description)
	dst = flag(dst, "isMulti", a.IsMulti)
	dst = flag(dst, "isEntitlement", a.IsEntitlement)
	return append(flag(dst, "isGroup", a.IsGroup), '}')
}

// listSchemas serves GET /sources/{id}/schemas. The sandbox's sources have an account schema and no other.
func (s *Server) listSchemas(c *call) (*reply, *problem) {
	src, p := s.sourceOf(c)
	if p != nil {
		return nil, p
	}
	values := c.request.URL.Query()
	if types := values.Get("include-types"); values.Has("include-types") && types != "group" && types != "user" {
		return nil, badRequest("include-types is %q; it must be group or user.", types)
	}
	names := values.Get("include-names")
	if values.Get("include-types") == "group" || values.Has("include-names") && !slices.Contains(strings.Split(names, ","), "account") {
		return jsonReply(http.StatusOK, []byte("[]")), nil
	}
	return jsonReply(http.StatusOK, append(src.appendSchema([]byte{'['}), ']')), nil
}
