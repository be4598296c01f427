// One key of a set (RFC 7517 section 4, RFC 7518 section 6, RFC 8037 section 2), judged before jwt-kit sees it.

internal import Configuration
internal import JSON
internal import JWTKit
internal import Pipeline

/// A public key for signatures, and the algorithms it may be used with.
struct PublishedKey {
    /// Below 2048 bits a key can be broken; above 8192 each token costs milliseconds.
    private static let modulusBits = 2048...8192

    let keyID: String?
    let algorithms: [JWTSettings.Algorithm]
    let material: KeySetReading.Key.Material

    init(_ members: UniqueMembers) throws(Unfit) {
        if let keyID = members["kid"] {
            guard let text = keyID.string else { throw Unfit("has a `kid` that is not a text") }
            self.keyID = text.decoded
        } else {
            keyID = nil
        }
        if let use = members["use"], use.string?.means("sig") != true { throw Unfit("is not for signatures (`use`)") }
        if let uses = members["key_ops"], !uses.items.contains(where: { $0.string?.means("verify") == true }) {
            throw Unfit("is not for verifying (`key_ops`)")
        }
        // Whoever published it, everybody can sign with it now.
        guard members["d"] == nil else { throw Unfit("is a private key") }
        let (kind, material) = try Self.material(members)
        self.material = material
        guard let algorithm = members["alg"] else {
            algorithms = kind
            return
        }
        let name = algorithm.string?.decoded ?? ""
        algorithms = kind.filter { $0.rawValue == name }
        guard !algorithms.isEmpty else { throw Unfit("is for another algorithm (`alg`)") }
    }

    private static func material(
        _ members: UniqueMembers
    ) throws(Unfit) -> ([JWTSettings.Algorithm], KeySetReading.Key.Material) {
        switch members["kty"]?.string?.decoded {
        case "RSA": return ([.rs256, .ps256], .rsa(try rsa(members)))
        case "EC": return ([.es256], .p256(try p256(members)))
        case "OKP": return ([.edDSA], .ed25519(try ed25519(members)))
        default: throw Unfit("is of another type than RSA, EC and OKP (`kty`)")
        }
    }

    private static func rsa(_ members: UniqueMembers) throws(Unfit) -> Insecure.RSA.PublicKey {
        let (modulus, n) = try number("n", members)
        let (exponent, e) = try number("e", members)
        let digits = n.drop { $0 == 0 }
        let bits = digits.count * 8 - (digits.first?.leadingZeroBitCount ?? 0)
        guard modulusBits.contains(bits) else {
            throw Unfit("has \(bits) bits, not \(modulusBits.lowerBound) to \(modulusBits.upperBound)")
        }
        let odd = e.drop { $0 == 0 }
        guard odd.count <= 4, let last = odd.last, last % 2 == 1, odd.count > 1 || last > 1 else {
            throw Unfit("has an exponent that none should have")
        }
        return try key { try Insecure.RSA.PublicKey(modulus: modulus, exponent: exponent) }
    }

    private static func p256(_ members: UniqueMembers) throws(Unfit) -> ES256PublicKey {
        guard members["crv"]?.string?.means("P-256") == true else { throw Unfit("is of another curve than P-256") }
        let (x, xBytes) = try number("x", members)
        let (y, yBytes) = try number("y", members)
        // RFC 7518 section 6.2.1.2: the full size, leading zeros included.
        guard xBytes.count == 32, yBytes.count == 32 else { throw Unfit("has coordinates of a wrong length") }
        return try key { try ES256PublicKey(parameters: (x, y)) }
    }

    private static func ed25519(_ members: UniqueMembers) throws(Unfit) -> EdDSA.PublicKey {
        guard members["crv"]?.string?.means("Ed25519") == true else { throw Unfit("is of another curve than Ed25519") }
        let (x, bytes) = try number("x", members)
        guard bytes.count == 32 else { throw Unfit("has a coordinate of a wrong length") }
        return try key { try EdDSA.PublicKey(x: x, curve: .ed25519) }
    }

    /// A member in base64url: as it is written, and what it means.
    private static func number(_ name: String, _ members: UniqueMembers) throws(Unfit) -> (String, [UInt8]) {
        guard let text = members[name]?.string?.decoded, let bytes = Base64.decode(text.utf8, .url) else {
            throw Unfit("lacks `\(name)` in base64url")
        }
        return (text, bytes)
    }

    private static func key<Key>(_ make: () throws -> Key) throws(Unfit) -> Key {
        do {
            return try make()
        } catch {
            throw Unfit("is no key: its numbers are not those of one")
        }
    }
}
