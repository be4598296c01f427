// The order of a stack is the order in which a question meets it.

import Pipeline
import Synchronization
import Testing

private final class Story: Sendable {
    private let lines = Mutex<[String]>([])
    var told: [String] { lines.withLock { $0 } }
    func tell(_ line: String) { lines.withLock { $0.append(line) } }
}

private struct Telling: Layer {
    let name: String
    let story: Story

    func answer(_ question: Int, next: any Service<Int, String>) async throws(Failure) -> String {
        story.tell("\(name) in")
        do throws(Failure) {
            let answer = try await next.answer(question + 1)
            story.tell("\(name) out")
            return "\(name)(\(answer))"
        } catch {
            story.tell("\(name) failed")
            throw error
        }
    }
}

/// Answers without asking what is below.
private struct Short: Layer {
    func answer(_ question: Int, next: any Service<Int, String>) async throws(Failure) -> String { "short" }
}

private struct Foot: Service {
    var failure: Failure?

    func answer(_ question: Int) async throws(Failure) -> String {
        if let failure { throw failure }
        return "\(question)"
    }
}

struct StackTests {
    private let story = Story()

    @Test func `a question meets layers as they are written, and the answer passes them backwards`() async throws {
        let service = Stack().through(Telling(name: "a", story: story)).through(Telling(name: "b", story: story))
            .to(Foot())

        let answer = try await service.answer(1)

        #expect(answer == "a(b(3))")
        #expect(story.told == ["a in", "b in", "b out", "a out"])
    }

    @Test func `a stack without layers is its foot`() async throws {
        #expect(try await Stack<Int, String>().to(Foot()).answer(7) == "7")
    }

    @Test func `a failure passes the layers backwards as well`() async {
        let foot = Foot(failure: Failure(.noPlace, .gateway, "full"))
        let service = Stack().through(Telling(name: "a", story: story)).through(Telling(name: "b", story: story))
            .to(foot)

        let failure = await #expect(throws: Failure.self) { try await service.answer(1) }

        #expect(failure?.kind == .noPlace)
        #expect(story.told == ["a in", "b in", "b failed", "a failed"])
    }

    @Test func `a layer that answers by itself keeps the question from what is below`() async throws {
        let service = Stack().through(Short()).through(Telling(name: "below", story: story)).to(Foot())

        #expect(try await service.answer(1) == "short")
        #expect(story.told.isEmpty)
    }

    @Test func `a stack is a value: one more layer is another stack`() async throws {
        let short = Stack().through(Telling(name: "a", story: story))
        let long = short.through(Telling(name: "b", story: story))

        #expect(try await short.to(Foot()).answer(1) == "a(2)")
        #expect(try await long.to(Foot()).answer(1) == "a(b(3))")
    }
}
