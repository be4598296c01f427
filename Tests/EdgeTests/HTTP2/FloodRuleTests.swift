// What floods are, as values with a made-up clock: what a client may do at once, in the long run, and for what it gets.

import Configuration
import Pipeline
import Testing

@testable import Edge

@Suite struct FloodRuleTests {
    private let start = ContinuousClock.now

    private static let cheap: [(String, FrameHeader)] = [
        ("PING", FrameHeader(length: 8, kind: .ping, stream: 0)),
        ("SETTINGS", FrameHeader(length: 0, kind: .settings, stream: 0)),
        ("PRIORITY", FrameHeader(length: 5, kind: .priority, stream: 1)),
        ("WINDOW_UPDATE", FrameHeader(length: 4, kind: .windowUpdate, stream: 0)),
        ("empty DATA", FrameHeader(length: 0, kind: .data, stream: 1)),
        ("DATA of padding", FrameHeader(length: 256, kind: .data, flags: FrameHeader.padded, stream: 1)),
        ("frames of no kind", FrameHeader(length: 100, kind: nil, stream: 0)),
        ("GOAWAY", FrameHeader(length: 8, kind: .goAway, stream: 0)),
    ]

    /// How many of a frame pass, one behind the other.
    private func passing(
        _ frame: FrameHeader, of count: Int, _ rules: inout FloodRules, at now: ContinuousClock.Instant
    )
        -> Int
    {
        (0..<count).count { _ in rules.admits(frame, at: now) }
    }

    @Test(arguments: cheap)
    func `a thousand cheap frames at once are admitted, then a hundred a second`(_ name: String, _ frame: FrameHeader) {
        var rules = FloodRules(at: start)

        let burst = passing(frame, of: 2000, &rules, at: start)
        let later = passing(frame, of: 2000, &rules, at: start + .seconds(1))

        #expect(burst == 1000)
        #expect(later == 100)
    }

    @Test func `frames that carry something are not counted`() {
        var rules = FloodRules(at: start)
        let frames = [
            FrameHeader(length: 100, kind: .headers, stream: 1), FrameHeader(length: 16, kind: .data, stream: 1),
            FrameHeader(length: 0, kind: .data, flags: FrameHeader.endStream, stream: 1),
        ]

        for frame in frames { #expect(passing(frame, of: 5000, &rules, at: start) == 5000) }
    }

    @Test func `a hundred resets at once are admitted, whoever sends them`() {
        var rules = FloodRules(at: start)
        let reset = FrameHeader(length: 4, kind: .reset, stream: 1)

        let ours = (0..<60).count { _ in rules.countRefusal(isLimitKnown: true, at: start) }
        let theirs = passing(reset, of: 100, &rules, at: start)

        #expect(ours == 60)
        #expect(theirs == 40)
    }

    @Test func `a client may reset 33 times a second for long`() {
        var rules = FloodRules(at: start)
        let reset = FrameHeader(length: 4, kind: .reset, stream: 1)

        let modest = (0..<60).map { passing(reset, of: 33, &rules, at: start + .seconds($0)) }
        let eager = (60..<70).map { passing(reset, of: 60, &rules, at: start + .seconds($0)) }

        #expect(modest.allSatisfy { $0 == 33 })
        #expect(eager.last == 33)
    }

    @Test func `two hundred faults are too many, however slowly they come`() {
        var rules = FloodRules(at: start)

        let admitted = (0..<300).count { rules.countReset(.protocolError, at: start + .seconds($0)) }

        #expect(admitted == 200)
    }

    @Test func `refused streams are no faults`() {
        var rules = FloodRules(at: start)

        let admitted = (0..<300).count { rules.countRefusal(isLimitKnown: true, at: start + .seconds($0)) }
        let fault = rules.countReset(.protocolError, at: start + .seconds(300))

        #expect(admitted == 300)
        #expect(fault)
    }

    @Test func `streams too many are counted apart while the limit cannot be known`() {
        var rules = FloodRules(at: start)

        let early = (0..<2000).count { _ in rules.countRefusal(isLimitKnown: false, at: start) }
        let later = (0..<200).count { _ in rules.countRefusal(isLimitKnown: true, at: start) }

        #expect(early == 1000)
        #expect(later == 100)
    }

    @Test func `answers that are not taken are faults`() {
        var rules = FloodRules(at: start)

        let admitted = (0..<300).count { rules.countReset(.cancel, at: start + .seconds($0)) }

        #expect(admitted == 200)
    }

    @Test func `a client that reads much may update windows often`() {
        var rules = FloodRules(at: start)
        let update = FrameHeader(length: 4, kind: .windowUpdate, stream: 1)
        _ = passing(update, of: 1000, &rules, at: start)

        rules.countSent(64 * 1024)
        let earned = passing(update, of: 1000, &rules, at: start)

        #expect(earned == 64)
    }

    @Test func `a client that asks often may set windows and priorities of its streams`() {
        var rules = FloodRules(at: start)
        let kinds: [FrameHeader.Kind?] = [.windowUpdate, .priority, nil]

        for _ in 0..<5000 {
            rules.countRequest()
            for kind in kinds {
                let isAdmitted = rules.admits(FrameHeader(length: 5, kind: kind, stream: 1), at: start)
                #expect(isAdmitted)
            }
        }
    }
}

@Suite struct HeaderBoundTests {
    private var limits: LimitSettings {
        var limits = LimitSettings()
        limits.headers = 1000
        limits.headerCount = 10
        return limits
    }

    @Test func `each field counts for 32 bytes more`() {
        var bounds = HeaderBounds(limits)

        let within = bounds.count(name: 400, value: 568, isPseudo: false)
        let over = bounds.count(name: 0, value: 0, isPseudo: true)

        #expect(within == .within)
        #expect(over == .over)
        #expect(bounds.failure.reason == "the fields together exceeds 1000 bytes")
    }

    @Test func `pseudo-fields are not counted as fields`() {
        var bounds = HeaderBounds(limits)
        for _ in 0..<4 { _ = bounds.count(name: 1, value: 1, isPseudo: true) }

        let fields = (0..<11).map { _ in bounds.count(name: 1, value: 1, isPseudo: false) }

        #expect(fields == Array(repeating: .within, count: 10) + [.over])
        #expect(bounds.failure.kind == .headersTooLarge)
        #expect(bounds.failure.reason == "the number of fields exceeds 10 fields")
    }

    @Test func `four times the limit is no mistake`() {
        var size = HeaderBounds(limits)
        var number = HeaderBounds(limits)

        let bySize = (0..<5).map { _ in size.count(name: 1, value: 967, isPseudo: false) }
        let byNumber = (0..<41).map { _ in number.count(name: 0, value: 0, isPseudo: false) }

        #expect(bySize == [.within, .over, .over, .over, .absurd])
        #expect(byNumber.last == .absurd && byNumber.dropLast().last == .over)
    }
}
