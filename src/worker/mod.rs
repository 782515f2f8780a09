//! Claims jobs, drives the line over the store, keeps leases.
