// The one error, and small values around it.

import Pipeline
import Testing

struct FailureTests {
    @Test func `is a part's when a plan says so, and else unchanged`() {
        let failure = Failure(
            .serverError, .upstream("crm", part: nil), retry: .ifIdempotent, receivedStatus: 503,
            retryAfter: .seconds(7), "The upstream answered 503.")

        let named = failure.of(part: "contact")

        #expect(named.origin == .upstream("crm", part: "contact"))
        #expect(named.kind == .serverError)
        #expect(named.retry == .ifIdempotent)
        #expect(named.receivedStatus == 503)
        #expect(named.retryAfter == .seconds(7))
        #expect(named.reason == failure.reason)
    }

    @Test(arguments: [Failure.Origin.gateway, .downstream])
    func `of our own or of the client's side belongs to no part`(origin: Failure.Origin) {
        #expect(Failure(.cancelled, origin, "x").of(part: "contact").origin == origin)
    }

    @Test func `is not to be tried again unless somebody knows better`() {
        #expect(Failure(.serverError, .gateway, "x").retry == .never)
    }

    @Test func `has labels that metrics can use`() {
        let labels = Failure.Kind.allCases.map(\.rawValue)

        #expect(Set(labels).count == labels.count)
        #expect(labels.allSatisfy { $0.utf8.allSatisfy { (0x61...0x7a).contains($0) || $0 == 0x5f } })
    }
}

struct WordsTests {
    @Test(arguments: [
        (Request.Method.get, "GET"), (.head, "HEAD"), (.options, "OPTIONS"), (.other("PURGE"), "PURGE"),
    ])
    func `a method is written as on the wire`(method: Request.Method, name: String) {
        #expect(method.name == name)
    }

    @Test func `a response's field is found by the name it was set with, the first of several`() {
        let response = Response(
            status: 200, fields: [.init("A", "1"), .init("B", "2"), .init("A", "3")])

        #expect(response["A"] == "1")
        #expect(response["B"] == "2")
        #expect(response["a"] == nil)
    }

    @Test func `a confined value is there for the thread that wrapped it`() {
        #expect(Confined(7).value == 7)
    }
}
