/// Requests that run after their answer was given (`x-arango-async`), their stored answers, and the
/// signal by which a running request learns that nobody wants it any more.
package dev.lockstep.server.jobs;
