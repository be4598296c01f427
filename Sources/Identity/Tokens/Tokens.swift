// Tokens on one fan-out loop: the issuers' keys as this loop knows them, what was verified with them, and the requests that
// wait for keys. Loops share nothing of it; keys come to each by a message.

internal import Configuration
package import JSON
package import Pipeline
internal import Synchronization

/// Whom tokens stand for. On its loop's thread only.
package final class Tokens {
    private var issuers: [(issuer: Issuer, known: KnownKeys)] = []
    private var cache = TokenCache()
    private let parser: JSONParser
    private var waiters: [ObjectIdentifier: KeyWaiter] = [:]
    private let loop: any Timekeeper
    private let waits: KeyWaits
    private let ask: @Sendable (Issuer) -> Void

    /// - Parameters:
    ///   - waits: of all loops.
    ///   - ask: has the keys of an issuer fetched. `learn` must follow, whatever comes of it.
    package init(
        on loop: any Timekeeper, _ waits: KeyWaits, ask: @escaping @Sendable (Issuer) -> Void
    ) throws(JSONFault) {
        self.loop = loop
        self.waits = waits
        self.ask = ask
        parser = try JSONParser()
    }

    /// Takes tokens of these issuers from now on.
    package func serve(_ issuers: [Issuer]) {
        // Of issuers that stay the same, `learn` brings what is new.
        guard !issuers.elementsEqual(self.issuers, by: { $0 === $1.issuer }) else { return }
        self.issuers = issuers.map { ($0, $0.known) }
        cache.forgetAll()
        goOn()
    }

    /// There is news of the keys of `issuer`. Requests that waited for it go on.
    package func learn(_ issuer: Issuer) {
        guard let place = issuers.firstIndex(where: { $0.issuer === issuer }) else { return }
        let known = issuer.known
        // A key that was taken away must not live on in what was verified with it.
        if known.set !== issuers[place].known.set { cache.forgetAll() }
        issuers[place].known = known
        if !known.isFetching { goOn() }
    }

    private func goOn() {
        for waiter in waiters.values { waiter.end() }
    }

    /// Whom `token` stands for. Nil: that can be said when keys have been fetched, see `wait`.
    /// - Parameter now: since 1970.
    /// - Throws: `unauthenticated`; `noEndpoint` if its issuer's keys cannot be had.
    func principal(presenting token: Substring, now: Duration) throws(Failure) -> Principal? {
        var token = token
        let digest = token.withUTF8 { KeyDigest(of: $0) }
        if let principal = cache.principal(of: digest, now: now) { return principal }
        var text: TokenText?
        var failure: Failure?
        token.withUTF8 { bytes in
            do throws(Failure) { text = try TokenText(bytes) } catch { failure = error }
        }
        guard let text else { throw failure ?? .unauthenticated("the token has not three segments") }
        let header = try UniqueMembers.read(text.header, "header", with: parser) { members throws(Failure) in
            try TokenHeader(members)
        }
        let (place, claims) = try UniqueMembers.read(text.claims, "body", with: parser) { members throws(Failure) in
            let place = try issuer(members, header)
            return (place, try TokenClaims(members, of: issuers[place].issuer.settings, now: now))
        }
        guard let keys = try keys(for: header, of: place, issuedAt: claims.issuedAt, now: now) else { return nil }
        guard keys.isSigned(text, as: header) else {
            throw .unauthenticated(
                "the token is not signed by \(name(place))", credential: issuers[place].issuer.settings.issuer)
        }
        cache.remember(claims.principal, of: digest, until: claims.goodUntil)
        return claims.principal
    }

    /// The entry that a token's `iss` names. It chooses whose keys are tried; that they made the token is still to be seen.
    private func issuer(_ members: UniqueMembers, _ header: TokenHeader) throws(Failure) -> Int {
        guard let name = members["iss"]?.string,
            let place = issuers.firstIndex(where: { name.means($0.issuer.settings.issuer) })
        else {
            throw .unauthenticated("the token is of no issuer that is configured")
        }
        guard issuers[place].issuer.settings.algorithms.contains(header.algorithm) else {
            throw .unauthenticated(
                "\(self.name(place)) does not sign with \(header.algorithm.rawValue)",
                credential: issuers[place].issuer.settings.issuer)
        }
        return place
    }

    /// The keys that a token's signature is to be held against. Nil: they are being fetched.
    private func keys(
        for header: TokenHeader, of place: Int, issuedAt: Duration?, now timeOfDay: Duration
    ) throws(Failure) -> KeySet? {
        let keys = issuers[place].known
        if let set = keys.set, set.hasKey(for: header) { return set }
        if keys.isFetching { return nil }
        let now = loop.now
        // Without keys the next fetch comes by itself; hurrying it would help those who make tokens up.
        if keys.set != nil, let mayAsk = keys.mayAsk, now >= mayAsk {
            issuers[place].known.isFetching = true
            ask(issuers[place].issuer)
            return nil
        }
        if keys.set == nil || keys.isDoubtful { throw .keysUnavailable(until: keys.nextFetch, now: now) }
        // Anybody can spend the one fetch, just before the issuer changes its key: until the next may begin, nobody knows
        // of a token that is newer than the set. One that was there before the set names a key that is no more, or never was.
        if let mayAsk = keys.mayAsk {
            let asOf = keys.asOf.map { timeOfDay - $0.duration(to: now) }
            guard let asOf, let issuedAt, issuedAt + TokenClaims.leeway <= asOf else {
                throw .keysUnavailable(until: mayAsk, now: now)
            }
        }
        throw .unauthenticated(
            "the token's key is none of \(name(place))", credential: issuers[place].issuer.settings.issuer)
    }

    private func name(_ place: Int) -> String { issuers[place].issuer.settings.issuer }

    /// Returns when `learn` brought news, or at `instant`.
    /// - Throws: `overloaded` if too many wait, `clientGone` if the task is cancelled, `noEndpoint` at `instant`.
    func wait(until instant: ContinuousClock.Instant) async throws(Failure) {
        guard waits.begin() else {
            throw Failure(.overloaded, .gateway, "Too many requests wait for the keys of their tokens' issuers.")
        }
        defer { waits.end() }
        guard loop.now < instant else { throw .keysUnavailable(until: nil, now: loop.now) }
        let waiter = Confined(KeyWaiter())
        let id = ObjectIdentifier(waiter.value)
        waiters[id] = waiter.value
        let alarm = loop.setAlarm(at: instant, for: waiter.value)
        await withTaskCancellationHandler {
            await withUnsafeContinuation { waiter.value.begin($0) }
        } onCancel: { [loop] in
            loop.perform { waiter.value.cancel() }
        }
        waiters[id] = nil
        switch waiter.value.outcome {
        case .late: throw .keysUnavailable(until: nil, now: loop.now)
        case .cancelled:
            loop.callOff(alarm)
            throw Failure(.clientGone, .downstream, "The client left while its token's key was fetched.")
        case .news, nil: loop.callOff(alarm)
        }
    }
}

/// How many requests of the whole process wait for keys. Anybody can make a token that has to wait, as anybody's, and who waits
/// has a place of `limits.inFlight`: most of those must be left for others. From any thread.
package final class KeyWaits: Sendable {
    private let count = Atomic<Int>(0)
    private let most: Atomic<Int>

    package init(most: Int) {
        self.most = Atomic(max(1, most))
    }

    /// What is too many from now on.
    package func allow(_ most: Int) { self.most.store(max(1, most), ordering: .relaxed) }

    func begin() -> Bool {
        let isOne = count.wrappingAdd(1, ordering: .relaxed).newValue <= most.load(ordering: .relaxed)
        if !isOne { end() }
        return isOne
    }

    func end() { count.wrappingSubtract(1, ordering: .relaxed) }
}

/// A task that waits for keys.
private final class KeyWaiter: Sleeper {
    enum Outcome { case news, late, cancelled }

    private(set) var outcome: Outcome?
    private var continuation: UnsafeContinuation<Void, Never>?

    func begin(_ continuation: UnsafeContinuation<Void, Never>) {
        guard outcome == nil else { return continuation.resume() }
        self.continuation = continuation
    }

    func end() { end(.news) }
    func wake() { end(.late) }
    func cancel() { end(.cancelled) }

    private func end(_ outcome: Outcome) {
        guard self.outcome == nil else { return }
        self.outcome = outcome
        continuation?.resume()
        continuation = nil
    }
}
