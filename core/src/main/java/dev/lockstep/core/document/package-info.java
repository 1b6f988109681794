/// Documents and their stored form: VelocyPack values ([VPackSlice], [VPackBuilder],
/// [VPackValidator]), the codec from and to JSON ([JsonToVPack], [VPackToJson]), documents as
/// stored ([StoredDocument], [DocumentReader]) and merged ([DocumentMerge]), keys ([DocumentKey]),
/// revisions ([Revision], [HybridLogicalClock]), the hashes that peers compare ([RevisionHash],
/// [ChunkHash], [DocumentChecksum]) and index keys ([AttributePath], [IndexKeyEncoder]).
///
/// Values are bytes; nothing here turns a document into maps or trees. Bytes of a peer must pass
/// [VPackValidator] (or come through [DocumentReader]) before anything else touches them. Imports
/// no other package of ours.
package dev.lockstep.core.document;
