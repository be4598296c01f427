// A session of HTTP/2 without a connection: bytes in, requests out; answers in, bytes out; a clock that is made up.

import Configuration
import NIOCore
import NIOEmbedded
import Pipeline
import Testing

@testable import Edge

/// Whom the session under test serves: it remembers.
private final class Owner: SessionOwner {
    let settings: EdgeSettings
    let kind = SessionKind()
    let peer: Peer
    var places = 100
    private(set) var requests: [(request: Request, stream: RequestStream)] = []
    private(set) var ended: [Int32] = []
    private(set) var announced = 0
    private(set) var rings: [ContinuousClock.Instant] = []
    let start = ContinuousClock.now
    private(set) lazy var session = Session(settings, kind: kind, owner: self, at: start)

    init() {
        settings = EdgeSettings(
            limits: LimitSettings(), timeouts: ServerTimeouts(), closing: ClosingTimes(), handler: ScriptedHandler())
        peer = Peer(EmbeddedChannel(), scheme: .https, trusted: TrustedProxies())
    }

    var hasPlace: Bool { session.streams.count < places }
    func receive(_ request: Request, on stream: RequestStream) { requests.append((request, stream)) }
    func ended(_ stream: RequestStream) { ended.append(stream.id) }
    func announcementArrived() { announced += 1 }
    func ring(by instant: ContinuousClock.Instant) { rings.append(instant) }

    func send(_ frames: [UInt8]..., after time: Duration = .zero) {
        frames.flatMap { $0 }.withUnsafeBytes { session.receive($0, at: start + time) }
    }

    /// What the session has to say, as frame headers.
    func said(after time: Duration = .zero) -> [FrameHeader] {
        var found: [FrameHeader] = []
        while true {
            var bytes = ByteBuffer()
            session.fill(&bytes, at: start + time)
            guard bytes.readableBytes > 0 else { return found }
            while let head = bytes.readBytes(length: FrameHeader.size) {
                let header = FrameHeader(head)
                bytes.moveReaderIndex(forwardBy: header.length)
                found.append(header)
            }
        }
    }

    func answer(_ response: Response, after time: Duration = .zero) {
        guard let stream = requests.last?.stream else { return }
        session.answer(response, on: stream, at: start + time, date: "now".utf8)
    }
}

@Suite struct SessionTests {
    @Test func `begins with its settings, and the limit of streams among them`() {
        let owner = Owner()
        var bytes = ByteBuffer()

        owner.session.fill(&bytes, at: owner.start)

        #expect(
            Array(bytes.readableBytesView)
                == Wire.settings([(3, 100), (6, 32 * 1024)]))
    }

    @Test func `makes the same request of bytes however they are split`() {
        let bytes = Wire.hello + Wire.headers(1, Wire.get("/a?b", [("authorization", "Bearer x")]))
        for cut in bytes.indices {
            let owner = Owner()

            owner.send(Array(bytes[..<cut]))
            owner.send(Array(bytes[cut...]), after: .seconds(1))

            #expect(owner.requests.map(\.request.path) == ["/a"])
            #expect(owner.requests.first?.request.authorization == "Bearer x")
            #expect(owner.requests.first?.request.scheme == .https)
            #expect(owner.requests.first?.request.completed == owner.start + .seconds(1))
        }
    }

    @Test func `hands a request over when its body has ended, and drops the body`() {
        let owner = Owner()
        owner.send(Wire.hello, Wire.headers(1, Wire.post(), flags: Wire.endHeaders), Wire.data(1, [1, 2, 3]))
        let before = owner.requests.count

        owner.send(Wire.data(1, flags: Wire.endStream, [4]))

        #expect(before == 0)
        #expect(owner.requests.count == 1)
    }

    @Test func `refuses what finds no place`() {
        let owner = Owner()
        owner.places = 1

        owner.send(Wire.hello, Wire.headers(1, Wire.get()), Wire.headers(3, Wire.get()))

        #expect(owner.requests.count == 1)
        #expect(owner.said().contains(FrameHeader(length: 4, kind: .reset, stream: 3)))
        #expect(owner.session.fault == nil)
    }

    @Test func `says an answer in frames, and that the stream is over`() {
        let owner = Owner()
        owner.send(Wire.hello, Wire.headers(1, Wire.get()))
        _ = owner.said()

        owner.answer(Response(status: 200, body: Array(repeating: 0, count: 20_000)))
        let frames = owner.said()

        #expect(frames.map(\.kind) == [.headers, .data, .data])
        #expect(frames.map(\.length).dropFirst() == [16_384, 3616])
        #expect(frames.map { $0.has(FrameHeader.endStream) } == [false, false, true])
        #expect(owner.ended == [1])
    }

    @Test func `writes no more at once than a portion and a frame`() {
        let owner = Owner()
        owner.send(
            Preface.bytes, Wire.settings([(4, 1 << 30)]), Wire.windowUpdate(0, 1 << 30), Wire.headers(1, Wire.get()))

        owner.answer(Response(status: 200, body: Array(repeating: 0, count: 1_000_000)))
        var bytes = ByteBuffer()
        owner.session.fill(&bytes, at: owner.start)

        #expect(bytes.readableBytes >= Session.portion)
        #expect(bytes.readableBytes < Session.portion + 16_384 + FrameHeader.size)
    }

    @Test func `knows answers that do not move, and asks to be looked at`() {
        let owner = Owner()
        owner.send(Preface.bytes, Wire.settings([(4, 0)]), Wire.headers(1, Wire.get()))
        owner.answer(Response(status: 200, body: [1]))

        let early = owner.session.stalled(at: owner.start + .seconds(29)).map(\.id)
        let late = owner.session.stalled(at: owner.start + .seconds(30)).map(\.id)

        #expect(early == [])
        #expect(late == [1])
        #expect(owner.rings.contains(owner.start + .seconds(30)))
    }

    @Test func `has nothing due of a stream that was cut, though the client takes nothing`() {
        let owner = Owner()
        owner.send(Preface.bytes, Wire.settings([(4, 0)]), Wire.headers(1, Wire.get()))
        owner.answer(Response(status: 200, body: [1]))
        let late = owner.start + .seconds(30)

        for stream in owner.session.stalled(at: late) { owner.session.cut(stream, .cancel) }

        #expect(owner.session.deadlines == [])
        #expect(owner.session.stalled(at: late).isEmpty)
        #expect(owner.said().contains(FrameHeader(length: 4, kind: .reset, stream: 1)))
        #expect(owner.ended == [1])
    }

    @Test func `has nothing due of a stream whose client went on for too long`() {
        let owner = Owner()
        owner.send(Wire.hello, Wire.headers(1, Wire.post(), flags: Wire.endHeaders))
        for stream in owner.session.overdue(at: owner.start + .seconds(10)) {
            owner.session.refuse(stream, Failure(.requestTimeout, .downstream, "too late"))
        }
        owner.answer(Response(status: 408))
        _ = owner.said()
        let lingering = owner.session.deadlines

        owner.session.cutLingering(at: owner.start + .seconds(60))

        #expect(lingering.count == 1)
        #expect(owner.session.deadlines == [])
        #expect(owner.said().contains(FrameHeader(length: 4, kind: .reset, stream: 1)))
    }

    @Test func `knows requests that are not complete in time`() {
        let owner = Owner()
        owner.send(Wire.hello, Wire.headers(1, Wire.post(), flags: Wire.endHeaders))

        let early = owner.session.overdue(at: owner.start + .seconds(9)).map(\.id)
        let late = owner.session.overdue(at: owner.start + .seconds(10)).map(\.id)

        #expect(early == [])
        #expect(late == [1])
    }

    @Test func `makes the same of a fault of one stream however its bytes are split`() {
        let faulty = Wire.windowUpdate(1, 0) + Wire.frame(2, stream: 3, [1, 2, 3]) + Wire.windowUpdate(5, 7)
        let bytes = [1, 3, 5].flatMap { Wire.headers($0, Wire.get()) } + faulty + Wire.headers(7, Wire.get("/7"))
        for cut in bytes.indices {
            let owner = Owner()
            owner.send(Wire.hello)

            owner.send(Array(bytes[..<cut]))
            owner.send(Array(bytes[cut...]))
            let resets = owner.said().filter { $0.kind == .reset }

            #expect(owner.requests.map(\.request.path) == ["/", "/", "/", "/7"])
            #expect(resets.map(\.stream) == [1, 3])
            #expect(owner.session.fault == nil)
            #expect(owner.ended == [1, 3])
        }
    }

    @Test func `knows when answers last moved`() {
        let owner = Owner()
        owner.send(Preface.bytes, Wire.settings([(4, 10)]), Wire.headers(1, Wire.get()))
        owner.answer(Response(status: 200, body: Array(repeating: 0, count: 20)))
        _ = owner.said(after: .seconds(1))
        let begun = owner.session.moved

        owner.send(Wire.windowUpdate(1, 10))
        _ = owner.said(after: .seconds(2))

        #expect(begun == nil)
        #expect(owner.session.moved == owner.start + .seconds(2))
    }

    @Test func `counts streams that are opened when none is taken any more`() {
        let owner = Owner()
        owner.send(Wire.hello, Wire.settings(flags: Wire.ack), Wire.headers(1, Wire.get()))
        owner.session.takeNoMore()
        _ = owner.said()

        for stream in stride(from: Int32(3), to: 1203, by: 2) { owner.send(Wire.headers(stream, Wire.get())) }
        let early = owner.session.fault
        for stream in stride(from: Int32(1203), to: 2403, by: 2) { owner.send(Wire.headers(stream, Wire.get())) }

        #expect(early == nil)
        #expect(owner.session.fault == .enhanceYourCalm)
        #expect(owner.requests.count == 1)
    }

    @Test func `tells of streams that are over, answered or not`() {
        let owner = Owner()
        owner.send(Wire.hello, Wire.headers(1, Wire.get()), Wire.headers(3, Wire.get()), Wire.reset(1))
        owner.answer(Response(status: 204))
        _ = owner.said()

        #expect(owner.ended == [1, 3])
    }

    @Test func `reads nothing behind a fault, and its last word names the last request`() {
        let owner = Owner()
        owner.send(Wire.hello, Wire.headers(5, Wire.get()), Wire.data(3, [1]), Wire.headers(7, Wire.get()))

        let word = Array(owner.session.lastWord(.protocolError).readableBytesView)

        #expect(owner.session.fault == .protocolError)
        #expect(owner.requests.count == 1)
        #expect(word == Wire.goAway(1, last: 5))
    }

    @Test func `ends when it takes no more and all is answered`() {
        let owner = Owner()
        owner.send(Wire.hello, Wire.settings(flags: Wire.ack), Wire.headers(1, Wire.get()))
        owner.session.takeNoMore()
        _ = owner.said()
        let before = owner.session.isOver

        owner.answer(Response(status: 200, body: [1]))
        _ = owner.said()

        #expect(!before)
        #expect(owner.session.isOver)
    }
}
