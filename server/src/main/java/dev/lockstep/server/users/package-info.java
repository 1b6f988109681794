/// Accounts and permissions: what the `_users` collection of `_system` says, kept in memory for the
/// checks of every request. Knows nothing of HTTP; `server.http` asks it who a request is and what
/// that user may do.
package dev.lockstep.server.users;
