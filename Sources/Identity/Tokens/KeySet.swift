// The public keys of one issuer, ready for use.

internal import Configuration
internal import JWTKit

/// An issuer's keys. Immutable: a change of keys makes another, which is how those who keep something that was verified
/// notice.
package final class KeySet: Sendable {
    private struct Use: Hashable {
        /// Nil: the key has no id.
        let keyID: String?
        let algorithm: JWTSettings.Algorithm
    }

    /// A key is there once for each algorithm it may be used with, so an algorithm cannot meet a key of another kind.
    private let keys: [Use: any JWTAlgorithm]
    /// For tokens that name no key: for each algorithm the only key there is.
    private let only: [JWTSettings.Algorithm: any JWTAlgorithm]
    private let document: KeyDigest

    /// Makes what was read ready.
    package init(_ reading: KeySetReading) async {
        var keys: [Use: any JWTAlgorithm] = [:]
        var counts: [JWTSettings.Algorithm: [any JWTAlgorithm]] = [:]
        for key in reading.found {
            guard let signer = await key.signer() else { continue }
            keys[Use(keyID: key.keyID, algorithm: key.algorithm)] = signer
            counts[key.algorithm, default: []].append(signer)
        }
        self.keys = keys
        only = counts.compactMapValues { $0.count == 1 ? $0[0] : nil }
        document = reading.document
    }

    /// Whether it was made of these very bytes.
    package func isMade(of bytes: UnsafeBufferPointer<UInt8>) -> Bool { document == KeyDigest(of: bytes) }

    /// Whether it would be made the same.
    package func isMade(of reading: KeySetReading) -> Bool { document == reading.document }

    /// Whether the set has the key that a token names, or the only one it can mean if it names none.
    func hasKey(for header: TokenHeader) -> Bool { key(for: header) != nil }

    /// Whether `token` was signed with the key that its header means. False as well if there is no such key.
    func isSigned(_ token: TokenText, as header: TokenHeader) -> Bool {
        guard let key = key(for: header) else { return false }
        do {
            return try key.verify(token.signature, signs: token.signed)
        } catch {
            // A signature of a length that none has.
            return false
        }
    }

    private func key(for header: TokenHeader) -> (any JWTAlgorithm)? {
        guard let keyID = header.keyID else { return only[header.algorithm] }
        return keys[Use(keyID: keyID, algorithm: header.algorithm)]
    }
}

extension KeySetReading.Key {
    /// The key with its algorithm, which jwt-kit gives out of a collection only.
    fileprivate func signer() async -> (any JWTAlgorithm)? {
        let collection = JWTKeyCollection()
        switch (material, algorithm) {
        case (.rsa(let key), .ps256): await collection.add(pss: key, digestAlgorithm: .sha256)
        case (.rsa(let key), _): await collection.add(rsa: key, digestAlgorithm: .sha256)
        case (.p256(let key), _): await collection.add(ecdsa: key)
        case (.ed25519(let key), _): await collection.add(eddsa: key)
        }
        do {
            return try await collection.getKey()
        } catch {
            // An empty collection; this one is not.
            return nil
        }
    }
}
