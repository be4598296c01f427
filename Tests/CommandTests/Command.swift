// The built executable as a process of its own, as an operator runs it.

import Foundation
import Glibc
import Testing

/// What a process said, and how it ended.
struct Ended: Sendable {
    let status: Int32
    let output: String
    let errors: String
}

struct NeverHappened: Error, CustomStringConvertible {
    let description: String
}

/// One running process. What it says goes to files, so that it is never held up by a pipe that nobody reads.
final class Command: Sendable {
    private let folder: Folder
    private let process: Process
    private let name = UUID().uuidString

    /// Where the build put the executable: beside this test bundle.
    static let gateway: URL = {
        let bundle = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        return bundle.deletingLastPathComponent().appending(path: "gateway")
    }()

    /// Starts it.
    init(_ arguments: [String], in folder: Folder, executable: URL = Command.gateway) throws {
        self.folder = folder
        process = Process()
        process.executableURL = executable
        process.arguments = arguments
        process.currentDirectoryURL = folder.url
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try folder.writer("\(name).out")
        process.standardError = try folder.writer("\(name).err")
        try process.run()
    }

    /// A test that failed half-way leaves nothing running.
    deinit {
        if process.isRunning { process.terminate() }
    }

    /// Runs it to its end.
    static func run(_ arguments: String..., in folder: Folder) async throws -> Ended {
        try await Command(arguments, in: folder).end()
    }

    var output: String { folder.read("\(name).out") }
    var errors: String { folder.read("\(name).err") }

    var identifier: Int32 { process.processIdentifier }

    /// What of the process's own is in memory.
    func residentBytes() throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(identifier)/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        return 1024 * (try #require(line?.split(separator: " ").dropFirst().first.flatMap { Int($0) }))
    }

    func signal(_ number: Int32) { kill(process.processIdentifier, number) }

    /// Waits until it says `text`, and returns the line.
    func line(with text: String, within limit: Duration = .seconds(30)) async throws -> String {
        var found: String?
        try await wait(for: "a line with \(text)", within: limit) {
            found = (errors + output).split(separator: "\n").map(String.init).first { $0.contains(text) }
            return found != nil || !process.isRunning
        }
        return try #require(found, "it ended without \(text): \(errors)")
    }

    /// Waits for its end. One that does not come to it is killed.
    func end(within limit: Duration = .seconds(60)) async throws -> Ended {
        do {
            try await wait(for: "its end", within: limit) { !process.isRunning }
        } catch {
            signal(SIGKILL)
            throw error
        }
        return Ended(status: process.terminationStatus, output: output, errors: errors)
    }

    private func wait(for what: String, within limit: Duration, _ isSo: () -> Bool) async throws {
        let end = ContinuousClock.now + limit
        while !isSo() {
            guard ContinuousClock.now < end else { throw NeverHappened(description: "\(what) within \(limit)") }
            try await Task.sleep(for: .milliseconds(5))
        }
    }
}

/// A folder that goes with the test.
final class Folder: Sendable {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "gateway-command-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit {
        do {
            try FileManager.default.removeItem(at: url)
        } catch {
            Issue.record(error)
        }
    }

    func path(_ name: String) -> String { url.appending(path: name).path }

    @discardableResult
    func write(_ text: String, to name: String) throws -> String {
        try Data(text.utf8).write(to: url.appending(path: name))
        return path(name)
    }

    func writer(_ name: String) throws -> FileHandle {
        try write("", to: name)
        return try FileHandle(forWritingTo: url.appending(path: name))
    }

    /// Empty if there is no such file.
    func read(_ name: String) -> String {
        FileManager.default.contents(atPath: path(name)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
}
