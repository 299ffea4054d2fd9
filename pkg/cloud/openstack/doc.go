// Package openstack is the driver for OpenStack clouds: the only place that
// knows Keystone, Nova, Neutron, Cinder and Glance as a client. A member's
// rights suffice.
//
// [Open] logs in and returns a [Cloud]. Its types are a table (see kinds):
// each has a schema, and functions to read, create, settle and delete. What a
// type has in common with the others is done from its schema: Schema.Body
// says which key of the service's body is which property, in both directions.
//
// Bodies are decoded as maps, not as the SDK's structs, because a struct drops
// what it does not know, and what is dropped cannot be compared. gophercloud
// does what it is good at: clouds.yaml, logging in, renewing tokens, finding
// endpoints.
//
// List reads whole collections, one request per collection and page, and joins
// them: which port Nova has made, which volume is a server's root, whose rule
// a rule is.
//
// # Microversions
//
// Each request takes the lowest microversion that says what is needed, so that
// an answer has the same shape on every cloud:
//
//	servers, list     2.46  from 2.47 a server tells its flavor's facts and not its id
//	servers, create   2.52  tags in the creating request; below: the mark is metadata
//	keypairs          2.35  type (2.2), paging
//	server groups     2.64  policy with rules; below: policies
//	attachments       2.79  delete_on_termination, only where it is asked for
//	block storage     3.1   visibility of images made from volumes
//
// A cloud whose maximum is lower gets its maximum, and what that cannot say is
// refused with cloud.ErrUnsupported.
package openstack
