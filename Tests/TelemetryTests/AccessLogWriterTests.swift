// What becomes of lines between a loop and the file: all of them arrive in order, or they are counted.

import Configuration
import Foundation
import Pipeline
import Testing

@testable import Telemetry

@Suite struct AccessLogWriterTests {
    @Test func `makes no writer where the log is off`() throws {
        let writer = try AccessLogWriter.start(.off)

        #expect(writer == nil)
    }

    @Test func `appends to a file that others may not read`() throws {
        let folder = try Folder()
        let path = folder.path("access.log")

        for _ in 0..<2 {
            let writer = try #require(try AccessLogWriter.start(.file(path)))
            AccessLogBuffer(to: writer).append(request(nil), response: Response(status: 200), at: arrival)
            #expect(writer.close(within: .seconds(10)))
        }

        #expect(try lines(path).count == 2)
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode.map { $0 & 0o137 } == 0)
    }

    @Test func `hands over when a block is full, when asked, and when the buffer goes`() throws {
        let pipe = try Pipe()
        let writer = try AccessLogWriter(to: LogFile(borrowing: pipe.input))
        var buffer: AccessLogBuffer? = AccessLogBuffer(to: writer)

        buffer?.append(request(nil), response: Response(status: 201), at: arrival)
        let due = buffer?.due
        buffer?.append(request(nil), response: Response(status: 202), at: arrival + .milliseconds(50))
        let dueStill = buffer?.due
        buffer?.flush()
        let dueThen = buffer?.due
        let flushed = try pipe.readLines(2)
        buffer?.append(request(nil), response: Response(status: 203), at: arrival)
        buffer = nil
        let last = try pipe.readLines(1)

        #expect(due == arrival + AccessLogBuffer.patience)
        #expect(dueStill == due)
        #expect(dueThen == nil)
        #expect(flushed.map { $0["status"] as? Int } == [201, 202])
        #expect(last.map { $0["status"] as? Int } == [203])
        #expect(writer.close(within: .seconds(10)))
    }

    @Test func `hands over full blocks unasked`() throws {
        let pipe = try Pipe()
        let writer = try AccessLogWriter(to: LogFile(borrowing: pipe.input))
        let buffer = AccessLogBuffer(to: writer)

        for _ in 0..<200 { buffer.append(request(nil), response: Response(status: 200), at: arrival) }
        let first = try pipe.readLines(50)

        #expect(first.count == 50)
        buffer.flush()
        #expect(try pipe.readLines(150).count == 150)
        #expect(writer.close(within: .seconds(10)))
    }

    @Test func `keeps every line of several loops, whole and in each loop's order`() throws {
        let folder = try Folder()
        let path = folder.path("access.log")
        let writer = try #require(try AccessLogWriter.start(.file(path)))
        let done = Semaphore()

        for loop in 0..<4 {
            let error = DetachedThread.start {
                let buffer = AccessLogBuffer(to: writer)
                for number in 0..<1000 {
                    var asked = request(record())
                    asked.id = "\(loop)-\(number)"
                    buffer.append(asked, response: Response(status: 200), at: arrival)
                }
                buffer.flush()
                done.signal()
            }
            #expect(error == 0)
        }
        for _ in 0..<4 { #expect(done.wait(atMost: .seconds(60))) }
        #expect(writer.close(within: .seconds(10)))

        let ids = try lines(path).map { try #require($0["requestId"] as? String) }
        #expect(ids.count == 4000)
        for loop in 0..<4 {
            #expect(ids.filter { $0.hasPrefix("\(loop)-") } == (0..<1000).map { "\(loop)-\($0)" })
        }
        #expect(writer.losses == AccessLogWriter.Losses())
    }

    @Test func `loses lines, and counts them, when nobody reads the pipe`() throws {
        let pipe = try Pipe()
        let writer = try AccessLogWriter(to: LogFile(borrowing: pipe.input), limit: 64 * 1024)
        let buffer = AccessLogBuffer(to: writer)

        for _ in 0..<5000 { buffer.append(request(record()), response: Response(status: 200), at: arrival) }
        buffer.flush()

        let refused = writer.losses.refused
        #expect(refused > 0)
        #expect(!writer.close(within: .milliseconds(1)))
        #expect(writer.unwritten > 0)
        #expect(try pipe.readLines(5000 - refused).count == 5000 - refused)
        #expect(writer.close(within: .seconds(10)))
        #expect(writer.unwritten == 0)
        #expect(writer.losses.failed == 0)
    }

    @Test func `counts what came after the end`() throws {
        let pipe = try Pipe()
        let writer = try AccessLogWriter(to: LogFile(borrowing: pipe.input))
        let buffer = AccessLogBuffer(to: writer)
        #expect(writer.close(within: .seconds(10)))

        buffer.append(request(nil), response: Response(status: 200), at: arrival)
        buffer.flush()

        #expect(writer.losses.refused == 1)
        #expect(writer.close(within: .seconds(10)))
    }

    @Test func `survives a reader that left`() throws {
        let pipe = try Pipe()
        let writer = try AccessLogWriter(to: LogFile(borrowing: pipe.input))
        let buffer = AccessLogBuffer(to: writer)
        pipe.closeOutput()

        for _ in 0..<3 { buffer.append(request(nil), response: Response(status: 200), at: arrival) }
        buffer.flush()

        #expect(writer.close(within: .seconds(10)))
        #expect(writer.losses == AccessLogWriter.Losses(failed: 3, lastError: EPIPE))
    }

    @Test func `survives a full disk`() throws {
        let writer = try #require(try AccessLogWriter.start(.file("/dev/full")))
        let buffer = AccessLogBuffer(to: writer)

        for _ in 0..<3 { buffer.append(request(nil), response: Response(status: 200), at: arrival) }
        buffer.flush()

        #expect(writer.close(within: .seconds(10)))
        #expect(writer.losses == AccessLogWriter.Losses(failed: 3, lastError: ENOSPC))
    }

    @Test func `begins a new line after one that was cut off`() async throws {
        let folder = try Folder()
        let path = folder.path("fifo")
        #expect(mkfifo(path, 0o600) == 0)
        let first = open(path, O_RDONLY | O_NONBLOCK)
        let writer = try AccessLogWriter(to: LogFile(path: path))
        // More than a pipe holds, as one line: the reader leaves when the pipe is full.
        writer.take(
            AccessLogWriter.Block(bytes: [UInt8](repeating: UInt8(ascii: "x"), count: 300_000) + [10], lines: 1))
        var byte: UInt8 = 0
        try await until { read(first, &byte, 1) == 1 }
        close(first)
        try await until { writer.losses.failed == 1 }

        let second = open(path, O_RDONLY | O_NONBLOCK)
        writer.take(AccessLogWriter.Block(bytes: Array("{}\n".utf8), lines: 1))
        let text = try await drain(second, while: { !writer.close(within: .milliseconds(1)) })
        close(second)

        #expect(text.split(separator: "\n").last == "{}")
        #expect(writer.losses == AccessLogWriter.Losses(failed: 1, lastError: EPIPE))
    }

    @Test func `says why a file cannot be opened`() throws {
        let folder = try Folder()
        let path = folder.path("missing/access.log")
        let fifo = folder.path("fifo")
        #expect(mkfifo(fifo, 0o600) == 0)

        #expect(throws: AccessLogUnavailable(path: path, errorNumber: ENOENT)) {
            try AccessLogWriter.start(.file(path))
        }
        #expect(throws: AccessLogUnavailable(path: fifo, errorNumber: ENXIO)) { try AccessLogWriter.start(.file(fifo)) }
        #expect("\(AccessLogUnavailable(path: "/x", errorNumber: ENOENT))".contains("/x: No such file"))
    }
}

private func lines(_ path: String) throws -> [[String: Any]] {
    try String(decoding: Data(contentsOf: URL(filePath: path)), as: UTF8.self).split(separator: "\n").map {
        try object(String($0))
    }
}

/// Waits for something that another thread brings about.
private func until(_ condition: () -> Bool) async throws {
    struct TookTooLong: Error {}
    let end = ContinuousClock.now + .seconds(20)
    while !condition() {
        guard ContinuousClock.now < end else { throw TookTooLong() }
        await Task.yield()
    }
}

/// All that a non-blocking descriptor gives until `condition` no longer holds.
private func drain(_ descriptor: Int32, while condition: () -> Bool) async throws -> String {
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 65_536)
    func take() {
        while case let count = read(descriptor, &piece, piece.count), count > 0 { bytes += piece[..<count] }
    }
    try await until {
        take()
        return !condition()
    }
    take()
    return String(decoding: bytes, as: UTF8.self)
}

/// A pipe that is read line by line.
private final class Pipe {
    let input: Int32
    private let output: Int32
    private var isOutputOpen = true
    private var rest: [UInt8] = []

    init() throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        (output, input) = (ends[0], ends[1])
    }

    deinit {
        close(input)
        closeOutput()
    }

    func closeOutput() {
        if isOutputOpen { close(output) }
        isOutputOpen = false
    }

    /// The next `count` lines, parsed; waits for them.
    func readLines(_ count: Int) throws -> [[String: Any]] {
        struct EndedEarly: Error {}
        var piece = [UInt8](repeating: 0, count: 65_536)
        while rest.count(where: { $0 == 10 }) < count {
            let got = read(output, &piece, piece.count)
            guard got > 0 else { throw EndedEarly() }
            rest += piece[..<got]
        }
        let found = rest.split(separator: 10, maxSplits: count, omittingEmptySubsequences: false)
        rest = count < found.count ? Array(found[count]) : []
        return try found.prefix(count).map { try object(String(decoding: $0, as: UTF8.self)) }
    }
}
