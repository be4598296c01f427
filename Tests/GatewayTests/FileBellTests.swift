// What rings for a file, and what of it says that nobody is in the middle of writing it. The bell of these tests rings by the
// clock only once, so all else is what the system told.

import Foundation
import Glibc
import Testing

@testable import Gateway

@Suite(.timeLimit(.minutes(1))) struct FileBellTests {
    /// A bell for `file` in a folder of its own, after its first ring.
    private func withBell(
        of file: String = "keys.yaml", _ prepare: (String) throws -> Void = { try write("a", to: $0 + "/keys.yaml") },
        _ work: (FileBell, String) async throws -> Void
    ) async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/bell-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { #expect(throws: Never.self) { try FileManager.default.removeItem(atPath: folder) } }
        try prepare(folder)
        let bell = FileBell(every: .never)
        defer { bell.stop() }
        await ring(bell)
        let isTold = bell.isTold(of: folder + "/" + file)
        #expect(!isTold)
        try await work(bell, folder)
    }

    @Test func `a file that is renamed to the name is whole`() async throws {
        try await withBell { bell, folder in
            try write("b", to: folder + "/new")
            rename(folder + "/new", folder + "/keys.yaml")
            await ring(bell)

            #expect(bell.isTold(of: folder + "/keys.yaml"))
            // Once.
            #expect(!bell.isTold(of: folder + "/keys.yaml"))
        }
    }

    @Test func `a file that was written and closed is whole`() async throws {
        try await withBell { bell, folder in
            try write("b", to: folder + "/keys.yaml")
            await ring(bell)

            #expect(bell.isTold(of: folder + "/keys.yaml"))
        }
    }

    @Test func `another that is renamed into the folder is worth a look, and says nothing of who is writing`()
        async throws
    {
        try await withBell { bell, folder in
            let file = try #require(FileHandle(forWritingAtPath: folder + "/keys.yaml"))
            try file.truncate(atOffset: 0)
            try write("b", to: folder + "/new")
            rename(folder + "/new", folder + "/other.pem")
            await ring(bell)
            let isTold = bell.isTold(of: folder + "/keys.yaml")
            try file.write(contentsOf: Data("c".utf8))
            try file.close()
            await ring(bell)

            #expect(!isTold)
            #expect(bell.isTold(of: folder + "/keys.yaml"))
        }
    }

    /// As orchestrators do it: the file is a link through a link, which is exchanged.
    @Test func `a file behind a link that leads elsewhere now is whole`() async throws {
        let files = FileManager.default
        try await withBell { folder in
            for version in ["one", "two"] {
                try files.createDirectory(atPath: folder + "/" + version, withIntermediateDirectories: true)
                try write(version, to: folder + "/\(version)/keys.yaml")
            }
            try files.createSymbolicLink(atPath: folder + "/data", withDestinationPath: "one")
            try files.createSymbolicLink(atPath: folder + "/keys.yaml", withDestinationPath: "data/keys.yaml")
        } _: { bell, folder in
            try files.createSymbolicLink(atPath: folder + "/next", withDestinationPath: "two")
            rename(folder + "/next", folder + "/data")
            await ring(bell)

            #expect(bell.isTold(of: folder + "/keys.yaml"))
            #expect(!bell.isTold(of: folder + "/keys.yaml"))
        }
    }

    @Test func `a file that was away and is there again is not whole for that alone`() async throws {
        try await withBell { bell, folder in
            try FileManager.default.removeItem(atPath: folder + "/keys.yaml")
            let whileAway = bell.isTold(of: folder + "/keys.yaml")
            let file = open(folder + "/keys.yaml", O_WRONLY | O_CREAT, 0o600)
            defer { close(file) }
            let whileWritten = bell.isTold(of: folder + "/keys.yaml")

            #expect(!whileAway && !whileWritten)
        }
    }

    @Test func `what was told of one file says nothing of another`() async throws {
        try await withBell { bell, folder in
            try write("b", to: folder + "/keys.yaml")
            await ring(bell)

            #expect(!bell.isTold(of: folder + "/others.yaml"))
        }
    }

    @Test func `events that were lost are worth a look, and say nothing of who is writing`() {
        var lost = inotify_event()
        (lost.wd, lost.mask) = (-1, UInt32(IN_Q_OVERFLOW))
        let bytes = withUnsafeBytes(of: lost) { Array($0.prefix(MemoryLayout<inotify_event>.size)) }

        let news = FileBell.news(in: bytes[...], of: ["keys.yaml"])

        #expect(news == FileBell.News(isDue: true, isOfFile: false))
    }
}

/// Returns when it rings, or has rung since it last did.
private func ring(_ bell: FileBell) async {
    for await _ in bell.rings { break }
}

private func write(_ text: String, to path: String) throws {
    try Data(text.utf8).write(to: URL(filePath: path))
}
