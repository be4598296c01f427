// Reading a JWK set (RFC 7517), whoever sent it: what is no key for verifying a token's signature is left out, with a
// sentence for the log.

package import Configuration
internal import JSON
internal import JWTKit
package import Pipeline

/// Why there is not one usable key in a document.
package struct UnusableKeySet: Error, CustomStringConvertible {
    /// A clause about "the key set".
    package let description: String
}

/// One reading of a JWK set.
package struct KeySetReading {
    /// Keys that are looked at. Issuers have two or three, those of many customers some dozen.
    private static let most = 256
    /// Bytes of a whole set that are taken.
    package static let longest = 256 * 1024

    struct Key {
        enum Material {
            case rsa(Insecure.RSA.PublicKey)
            case p256(ES256PublicKey)
            case ed25519(EdDSA.PublicKey)
        }

        let keyID: String?
        let algorithm: JWTSettings.Algorithm
        let material: Material
    }

    /// A key of RSA is there for each of its two algorithms.
    private(set) var found: [Key] = []
    /// What was left out and why, a sentence each; holds key ids, and nothing else of the set.
    package private(set) var skipped: [String] = []
    /// Tells documents apart.
    let document: KeyDigest

    /// - Parameter algorithms: those that the issuer's entry allows; keys for others are left out without a word.
    /// - Throws: if no key is left: a set that lets nobody in is a mistake.
    package init(_ bytes: ReplyBody, algorithms: [JWTSettings.Algorithm]) throws(UnusableKeySet) {
        document = KeyDigest(of: bytes.bytes)
        let checked: JSONDocument
        do throws(JSONFault) {
            checked = try JSONParser().check(bytes.bytes, keeping: bytes)
        } catch {
            throw UnusableKeySet(description: error.reason)
        }
        let isSet = checked.read { value in
            guard let members = UniqueMembers(value), let keys = members["keys"], keys.isArray else { return false }
            for (place, key) in keys.items.enumerated() {
                guard place < Self.most else {
                    skipped.append("Only the first \(Self.most) keys are looked at.")
                    break
                }
                read(key, at: place, algorithms)
            }
            return true
        }
        guard isSet else { throw UnusableKeySet(description: "is not an object with `keys`, a list") }
        guard !found.isEmpty else {
            throw UnusableKeySet(
                description: (["has no key that could be used."] + skipped.prefix(3)).joined(separator: " "))
        }
    }

    /// What the file at `path` holds.
    /// - Throws: as above, and if it cannot be read.
    package init(file path: String, algorithms: [JWTSettings.Algorithm]) throws(UnusableKeySet) {
        let bytes: [UInt8]
        do {
            bytes = try KeyText.bytes(of: path, longest: Self.longest, else: "has more than \(Self.longest) bytes")
        } catch {
            throw UnusableKeySet(description: "cannot be read: \(error)")
        }
        try self.init(ReplyBody(bytes), algorithms: algorithms)
    }

    private mutating func read(_ value: JSONValue, at place: Int, _ allowed: [JWTSettings.Algorithm]) {
        do throws(Unfit) {
            guard let members = UniqueMembers(value) else { throw Unfit("is not an object that has each name once") }
            let key = try PublishedKey(members)
            for algorithm in key.algorithms where allowed.contains(algorithm) {
                // Which of two keys a token means must not depend on their order.
                guard !found.contains(where: { $0.keyID == key.keyID && $0.algorithm == algorithm }) else {
                    throw Unfit("has the same `kid` as one before it")
                }
                found.append(Key(keyID: key.keyID, algorithm: algorithm, material: key.material))
            }
        } catch {
            skipped.append("The key at place \(place + 1) \(error.reason).")
        }
    }
}

/// Why a key is left out; a clause about it.
struct Unfit: Error {
    let reason: String

    init(_ reason: String) { self.reason = reason }
}
