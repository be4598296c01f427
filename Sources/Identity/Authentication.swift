// The layer that says who asks, or that nobody may.

package import Configuration
import Glibc
package import Pipeline

/// Verifies a request's credential and sets its principal.
///
/// One fan-out loop's: it is made and used on that loop's thread, and so are its keys, which `replace` exchanges there.
/// Loops share nothing, so a request takes no lock.
package struct Authentication: Layer {
    private final class Current {
        var keys: APIKeys

        init(_ keys: APIKeys) { self.keys = keys }
    }

    private let current: Confined<Current>
    private let environment: AuthSettings.Environment
    /// Whoever presents nothing; nil: nobody.
    private let stranger: Principal?
    /// Nil: no issuer is configured.
    private let tokens: Confined<Tokens>?
    private let clock: @Sendable () -> Duration

    /// - Parameters:
    ///   - tokens: nil: tokens are refused.
    ///   - clock: the time of day, since 1970 in UTC.
    package init(
        _ keys: APIKeys, _ settings: AuthSettings, tokens: Confined<Tokens>? = nil,
        clock: @escaping @Sendable () -> Duration = { Self.timeOfDay }
    ) {
        self.tokens = tokens
        current = Confined(Current(keys))
        environment = settings.environment
        stranger = settings.anonymous.map {
            Principal(tenant: $0.tenant, scopes: Set($0.scopes), workspace: nil, credential: "anonymous")
        }
        self.clock = clock
    }

    /// Serves `keys` from now on. On the loop's thread.
    package func replace(_ keys: APIKeys) {
        current.value.keys = keys
    }

    package func answer(
        _ request: Request, next: any Service<Request, Response>
    ) async throws(Failure) -> Response {
        var request = request
        let principal: Principal
        if let found = try self.principal(of: request.authorization) {
            principal = found
        } else {
            principal = try await awaitedPrincipal(of: request)
        }
        request.principal = principal
        request.record?.value.principal = principal
        return try await next.answer(request)
    }

    /// Whom a field `Authorization` stands for.
    ///
    /// A wrong credential is refused also where strangers are let in: whoever presents one wants to be someone, and
    /// would otherwise get a stranger's answers without noticing.
    /// - Returns: nil: the keys of a token's issuer must be fetched first.
    /// - Throws: `unauthenticated`; `noEndpoint` if the keys of a token's issuer cannot be had.
    func principal(of authorization: String?) throws(Failure) -> Principal? {
        guard let authorization else {
            guard let stranger else { throw .unauthenticated("no credential was presented") }
            return stranger
        }
        switch try Credential(authorization: authorization) {
        case .apiKey(let key):
            return try current.value.keys.principal(presenting: key, environment: environment, now: clock())
        case .token(let token):
            guard let tokens else { throw .unauthenticated("a token was presented, and no issuer is configured") }
            return try tokens.value.principal(presenting: token, now: clock())
        }
    }

    /// Whom a token stands for whose key must be fetched first. That takes no longer than a fetch may, nor than the client
    /// gives the whole answer.
    /// - Throws: as `principal`, and as `Tokens.wait`.
    private func awaitedPrincipal(of request: Request) async throws(Failure) -> Principal {
        guard let tokens else { throw .unauthenticated("no issuer is configured") }
        var end = request.completed + KeyRefresh.patience + Self.slack
        do throws(Failure) {
            if let wanted = try request.wantedTime { end = min(end, request.arrived + wanted) }
        } catch {
            // A 400, for the route to say.
        }
        while true {
            try await tokens.value.wait(until: end)
            if let principal = try principal(of: request.authorization) { return principal }
        }
    }

    /// What a fetch takes beside its own time: messages between threads, and making the keys ready.
    private static let slack = Duration.milliseconds(250)

    package static var timeOfDay: Duration {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}

/// Whether `principal` may do what needs all of `scopes`.
/// - Throws: `forbidden`, naming the first that is missing.
package func requireScopes(_ scopes: [String], of principal: Principal) throws(Failure) {
    for scope in scopes where !principal.scopes.contains(scope) {
        throw Failure(.forbidden, .downstream, "\(principal.credential) lacks the scope \(scope)")
    }
}
