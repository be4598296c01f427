// What a token says about its own signature (RFC 7515 section 4.1). Two words of it are heard: `alg`, which must be one that
// the issuer's entry allows, and `kid`, which is looked up among the issuer's keys and is nothing else.

internal import Configuration
internal import JSON
internal import Pipeline

/// The header of an unverified token.
struct TokenHeader {
    let algorithm: JWTSettings.Algorithm
    /// Nil: the token does not say which key it was signed with.
    let keyID: String?

    /// `jku`, `jwk`, `x5u` and `x5c` would have the gateway take the caller's word for whose key it is; like all members
    /// that have no meaning here they are not looked at.
    /// - Throws: `unauthenticated` for `none`, for a shared secret, and for everything else that is not among the four.
    init(_ members: UniqueMembers) throws(Failure) {
        // RFC 7515 section 4.1.11: who does not understand what is critical must refuse it. Nothing is understood.
        guard members["crit"] == nil else { throw .unauthenticated("the token's header has `crit`") }
        guard let name = members["alg"]?.string, let algorithm = JWTSettings.Algorithm(rawValue: name.decoded) else {
            throw .unauthenticated("the token's algorithm is none that is known here")
        }
        self.algorithm = algorithm
        guard let key = members["kid"] else {
            keyID = nil
            return
        }
        guard let text = key.string else { throw .unauthenticated("the token's `kid` is not a text") }
        keyID = text.decoded
    }
}
