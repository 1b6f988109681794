/// Documents and their stored form: VelocyPack values, the codec from and to JSON, keys, revisions.
package dev.lockstep.core.document;
