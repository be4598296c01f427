// The field Authorization, and the layer that reads it.

import Configuration
import Pipeline
import Testing

@testable import Identity

@Suite struct AuthenticationTests {
    @Test(arguments: [
        "Bearer sf_live_v1_x", "bearer sf_live_v1_x", "BEARER sf_live_v1_x", "bEaReR   sf_live_v1_x",
    ])
    func `finds a key behind the scheme in any case`(_ field: String) throws {
        #expect(try Credential(authorization: field) == .apiKey("sf_live_v1_x"))
    }

    @Test(arguments: ["eyJhbGciOi.eyJzdWIi.c2ln", "a", "a==", "a-._~+/=", "SF_live_v1_x", "sF_"])
    func `takes any other token for a token`(_ token: String) throws {
        #expect(try Credential(authorization: "Bearer \(token)") == .token(token[...]))
    }

    @Test(arguments: [
        "", " ", "Bearer", "Bearer ", "Bearer    ", "Basic dXNlcjpwYXNz", "Bearersf_live_v1_x", "sf_live_v1_x",
        "Bearer\tx",
        " Bearer x", "Bearer x ", "Bearer x y", "Bearer x,y", "Bearer x, Bearer y", "Bearer \"x\"", "Bearer x\u{0}",
        "Bearer x\r\n", "Bearer é", "Bearer =", "Bearer ==", "Bearer a=b", "Bear\u{0}r x", "\u{42}earer\u{a0}x",
        "\"earer x",
        "Bearer realm=\"x\"",
    ])
    func `refuses what is not one scheme and one token`(_ field: String) {
        #expect(throws: Failure.self) { try Credential(authorization: field) }
    }

    @Test func `looks at 8 KiB at most`() throws {
        let fits = "Bearer " + String(repeating: "a", count: Credential.longest - 7)

        #expect(try Credential(authorization: fits) == .token(fits.dropFirst(7)))
        #expect(throws: Failure.self) { try Credential(authorization: fits + "a") }
    }

    @Test func `never repeats what was presented`() {
        let secret = "c2VjcmV0LXBhc3N3b3Jk"

        for field in [
            "Basic \(secret)", "Bearer \(secret) \(secret)", "Bearer \(secret)", "Bearer sf_\(secret)", secret,
        ] {
            let failure = failure { () throws(Failure) in try authentication().principal(of: field) }
            #expect(failure?.kind == .unauthenticated)
            #expect(failure?.reason.contains(secret) == false)
        }
    }

    @Test func `sets the principal for what is below, and in the record`() async throws {
        let layer = Authentication(try keys(item(liveKey)), AuthSettings(), clock: { noon })
        let record = RequestRecord(trace: someTrace)

        let response = try await layer.answer(request("Bearer \(liveKey)", record), next: Echo())

        #expect(response["Principal"] == "k1")
        #expect(record.principal?.credential == "k1")
    }

    @Test func `asks nothing further for a stranger`() async throws {
        let layer = Authentication(try keys(item(liveKey)), AuthSettings(), clock: { noon })

        for field in [nil, "Bearer \(testKey)", "Bearer \(liveKey)x", "Bearer a.b.c", "Basic eA=="] {
            let request = request(field, nil)
            await #expect(throws: Failure.self) { try await layer.answer(request, next: Forbidden()) }
        }
    }

    @Test func `says so when no issuer could have made the token`() {
        let failure = failure { () throws(Failure) in try authentication().principal(of: "Bearer a.b.c") }

        #expect(failure?.reason == "a token was presented, and no issuer is configured")
    }

    @Test func `lets strangers in as who the operator says, where he does`() throws {
        var settings = AuthSettings()
        settings.anonymous = AnonymousSettings(tenant: "guests", scopes: ["read"])
        let layer = Authentication(try keys(item(liveKey)), settings, clock: { noon })

        let stranger = try #require(try layer.principal(of: nil))
        let known = try #require(try layer.principal(of: "Bearer \(liveKey)"))

        #expect(stranger.tenant == "guests")
        #expect(stranger.scopes == ["read"])
        #expect(stranger.workspace == nil)
        #expect(stranger.credential == "anonymous")
        #expect(known.tenant == "t1")
    }

    @Test(arguments: ["", "Bearer", "Bearer sf_live_v1_unknown", "Bearer a.b.c", "Basic eA=="])
    func `refuses a wrong credential where strangers are let in`(_ field: String) {
        var settings = AuthSettings()
        settings.anonymous = AnonymousSettings(tenant: "guests", scopes: [])

        let failure = failure { () throws(Failure) in try authentication(settings).principal(of: field) }

        #expect(failure?.kind == .unauthenticated)
    }

    @Test func `serves other keys when they are replaced`() throws {
        let layer = Authentication(try keys(item(liveKey, id: "old")), AuthSettings(), clock: { noon })

        layer.replace(try keys(item(liveKey + "b", id: "new")))

        #expect(throws: Failure.self) { try layer.principal(of: "Bearer \(liveKey)") }
        #expect(try layer.principal(of: "Bearer \(liveKey)b")?.credential == "new")
    }

    @Test func `has the time of day for a clock`() throws {
        let future = try keys(item(liveKey, more: "expiresAt: 2999-01-01T00:00:00Z"))
        let past = try keys(item(liveKey, more: "expiresAt: 2020-01-01T00:00:00Z"))

        #expect(try Authentication(future, AuthSettings()).principal(of: "Bearer \(liveKey)")?.credential == "k1")
        #expect(throws: Failure.self) { try Authentication(past, AuthSettings()).principal(of: "Bearer \(liveKey)") }
    }

    @Test(arguments: [
        ([], true), (["a"], true), (["a", "b"], true), (["c"], false), (["a", "c"], false), (["A"], false),
    ])
    func `asks for all scopes`(_ scopes: [String], _ isAllowed: Bool) {
        let principal = Principal(tenant: "t", scopes: ["a", "b"], workspace: nil, credential: "k1")

        let failure = failure { () throws(Failure) in
            try requireScopes(scopes, of: principal)
            return principal
        }

        #expect((failure == nil) == isAllowed)
        #expect(failure == nil || failure?.kind == .forbidden)
        #expect(failure == nil || failure?.reason.hasPrefix("k1 lacks the scope ") == true)
    }
}

private var someTrace: Trace {
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    guard let trace = Trace(traceparent: parent, tracestate: nil) else {
        preconditionFailure("\(parent) is well-formed.")
    }
    return trace
}

private func authentication(_ settings: AuthSettings = AuthSettings()) -> Authentication {
    Authentication(APIKeys(), settings, clock: { noon })
}

private func request(_ authorization: String?, _ record: RequestRecord?) -> Request {
    var request = Request(
        method: .get, path: "/", client: "192.0.2.7", id: "r-1", arrived: .now, completed: .now)
    request.authorization = authorization
    request.record = record.map { Confined($0) }
    return request
}

/// Answers with who asked.
private struct Echo: Service {
    func answer(_ request: Request) async throws(Failure) -> Response {
        Response(status: 200, fields: [.init("Principal", request.principal?.credential ?? "")])
    }
}

/// Fails when called at all.
private struct Forbidden: Service {
    func answer(_ request: Request) async throws(Failure) -> Response {
        Issue.record("The service below was asked.")
        return Response(status: 200)
    }
}
