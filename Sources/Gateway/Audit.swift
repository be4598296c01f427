// Which failures are news for whoever watches over a gateway's security.

internal import Pipeline

extension SecurityEvent {
    /// What `failure` of `request` tells; nil: nothing. That no credential was presented is not told: there was no attempt.
    init?(_ failure: Failure, of request: Request) {
        let principal = request.record?.value.principal
        guard let kind = Kind(failure, hasCredential: request.authorization != nil) else { return nil }
        self.init(
            kind, requestID: request.id, client: request.client,
            credential: failure.credential ?? principal?.credential, reason: failure.reason)
    }
}

extension SecurityEvent.Kind {
    fileprivate init?(_ failure: Failure, hasCredential: Bool) {
        switch failure.kind {
        case .unauthenticated where hasCredential: self = .credentialRefused
        case .forbidden: self = .scopeMissing
        // A tenant over its rate has a quota; nobody suspects it.
        case .rateLimited where failure.quota == nil: self = .addressLimited
        default: return nil
        }
    }
}
