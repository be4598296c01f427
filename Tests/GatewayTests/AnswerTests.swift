// 200, 304, and what the headers say of an answer that is not whole.

import Pipeline
import Testing

@testable import Gateway

struct AnswerTests {
    private let now = ContinuousClock.now
    private let body = Array(#"{"id":"1"}"#.utf8)

    private func request(ifNoneMatch: String? = nil) -> Request {
        var request = Request(method: .get, path: "/", client: "", id: "1", arrived: now, completed: now)
        request.ifNoneMatch = ifNoneMatch
        return request
    }

    private func part(_ name: String, _ outcome: RequestRecord.Outcome) -> RequestRecord.Part {
        RequestRecord.Part(name: name, started: now, ended: now, outcome: outcome, attempts: 1)
    }

    private func response(_ parts: [RequestRecord.Part] = [], ifNoneMatch: String? = nil) -> Response {
        Answer.response(
            Answer.whole(body, parts: parts, order: ["root", "contact", "account"]),
            to: request(ifNoneMatch: ifNoneMatch))
    }

    @Test func `an entity tag is the first half of the bytes' SHA-256, on every gateway`() {
        // printf '{"id":"1"}' | sha256sum
        #expect(Answer.entityTag(body) == "\"\(AnswerTests.digest)\"")
        #expect(Answer.entityTag([]) == "\"e3b0c44298fc1c149afbf4c8996fb924\"")
        #expect(Answer.entityTag(Array("abc".utf8)) == "\"ba7816bf8f01cfea414140de5dae2223\"")
    }

    @Test func `a whole answer may be kept and must be asked about`() {
        let response = response([part("contact", .fetched), part("account", .gone)])

        #expect(response.status == 200)
        #expect(response.body == body)
        #expect(response["Content-Type"] == "application/json")
        #expect(response["ETag"] == Answer.entityTag(body))
        #expect(response["Cache-Control"] == "private, no-cache")
        #expect(response["Vary"] == "Authorization, Origin")
        #expect(response["Gateway-Parts"] == nil)
    }

    @Test func `who has it already gets a 304 without body`() {
        let response = response(ifNoneMatch: Answer.entityTag(body))

        #expect(response.status == 304)
        #expect(response.body == [])
        #expect(response["ETag"] == Answer.entityTag(body))
        #expect(response["Cache-Control"] == "private, no-cache")
        #expect(response["Vary"] == "Authorization, Origin")
        #expect(response["Content-Type"] == nil)
    }

    @Test(arguments: [
        (#""t""#, true), ("*", true), (#"W/"t""#, true), (#""a", "t""#, true), (#""a","t","b""#, true),
        (#""a" , W/"t" ,"b""#, true), ("\"a\",\t\"t\"", true), (#""t" "#, true), (#" "t""#, true),
        ("", false), (#""T""#, false), ("t", false), (#""a""#, false), (#""tt""#, false), (#"w/"t""#, false),
        (#""a t""#, false), (#""t"x"#, false), (",", false), (#""a", *"#, false), (#""*""#, false),
    ])
    func `If-None-Match is a list, compared weakly`(field: String, matches: Bool) {
        #expect(Answer.matches(field, #""t""#) == matches)
    }

    @Test func `an answer with a missing part says which and why, and is not to be kept`() {
        let response = response([
            part("root", .fetched), part("account", .missing(.readTimeout)), part("contact", .missing(.serverError)),
        ])

        #expect(response.status == 200)
        #expect(response["Gateway-Parts"] == "root, contact;missing=error, account;missing=timeout")
        #expect(response["Cache-Control"] == "no-store")
    }

    @Test func `an answer with a stale part says how old it is, in whole seconds, and is not to be kept`() {
        let response = response(
            [
                part("root", .fetched), part("account", .stale(.readTimeout, age: .milliseconds(40_999))),
                part("contact", .missing(.serverError)),
            ], ifNoneMatch: "*")

        #expect(response.status == 200)
        #expect(response["Gateway-Parts"] == "root, contact;missing=error, account;stale=40")
        #expect(response["Cache-Control"] == "no-store")
    }

    @Test func `an answer with a missing part is never a 304`() {
        #expect(response([part("contact", .missing(.dnsError))], ifNoneMatch: "*").status == 200)
    }

    @Test func `reasons for a missing part are few`() {
        let reasons = Set(Failure.Kind.allCases.map(\.missingReason))

        #expect(reasons == ["timeout", "unreachable", "unavailable", "invalid", "gone", "error"])
        #expect(Failure.Kind.deadlineExceeded.missingReason == "timeout")
        #expect(Failure.Kind.connectionRefused.missingReason == "unreachable")
        #expect(Failure.Kind.circuitOpen.missingReason == "unavailable")
        #expect(Failure.Kind.contractBroken.missingReason == "invalid")
        #expect(Failure.Kind.serverError.missingReason == "error")
    }

    private static let digest = "5811967f540d300d249ab30ae681359a"
}

struct DeadlineTests {
    private let now = ContinuousClock.now

    private func due(_ timeout: String?) throws(Failure) -> Duration {
        var request = Request(method: .get, path: "/", client: "", id: "1", arrived: now, completed: now + .seconds(1))
        request.timeout = timeout
        return now.duration(to: try Deadline.of(request, within: .seconds(3)))
    }

    @Test(arguments: [
        (nil, 3000), ("1500", 1500), ("3000", 3000), ("3001", 3000), ("999999999999999999", 3000), ("50", 50),
        ("49", 50),
        ("0", 50), ("000000000000000100", 100),
    ])
    func `a client may shorten it, to 50 ms at least, and never lengthen it`(timeout: String?, milliseconds: Int) throws
    {
        #expect(try due(timeout) == .milliseconds(milliseconds))
    }

    @Test(arguments: [
        "", " ", "-1", "+1", "1.5", "1e3", "0x10", "1000ms", " 1000", "1 000", "١", "9999999999999999999",
    ])
    func `what is no whole number is malformed`(timeout: String) {
        let failure = #expect(throws: Failure.self) { try due(timeout) }

        #expect(failure?.kind == .malformedRequest)
        #expect(failure?.origin == .downstream)
    }
}
