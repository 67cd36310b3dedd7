/*
 * Copyright 2026-present the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

package io.github.atmosphererelay.contract.broker;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.zip.CRC32;

import io.zonky.test.db.postgres.embedded.DefaultPostgresBinaryResolver;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;

import org.springframework.util.FileSystemUtils;

/**
 * The programs of PostgreSQL that a library carries, unpacked once for all processes of
 * this machine's user, where other users can read them.
 */
final class PostgresPrograms {

	private PostgresPrograms() {
	}

	/**
	 * Unpack the programs unless they are there.
	 * @return the directory of the programs
	 */
	static Path directory() {
		try {
			byte[] archive = archive();
			CRC32 checksum = new CRC32();
			checksum.update(archive);
			Path directory = Path.of(System.getProperty("java.io.tmpdir"), "atmosphere-relay-postgres-%s-%08x"
				.formatted(System.getProperty("user.name"), checksum.getValue()));
			if (!Files.exists(directory)) {
				unpack(archive, directory);
			}
			return directory.resolve("bin");
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static byte[] archive() throws IOException {
		String system = System.getProperty("os.name").startsWith("Mac") ? "Darwin" : System.getProperty("os.name");
		String architecture = System.getProperty("os.arch");
		try (InputStream in = DefaultPostgresBinaryResolver.INSTANCE.getPgBinary(system,
				architecture.equals("amd64") ? "x86_64" : architecture)) {
			return in.readAllBytes();
		}
	}

	/**
	 * Unpack beside the final directory and rename at the end, because several processes
	 * may do so at the same time.
	 */
	private static void unpack(byte[] archive, Path directory) throws IOException {
		Path unpacked = Files.createTempDirectory(directory.getFileName() + "-");
		try (TarArchiveInputStream tar = new TarArchiveInputStream(
				new XZCompressorInputStream(new ByteArrayInputStream(archive)))) {
			for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
				unpack(tar, entry, unpacked.resolve(entry.getName()).normalize());
			}
			permit(unpacked, true);
			Files.move(unpacked, directory, StandardCopyOption.ATOMIC_MOVE);
		}
		catch (FileSystemException ex) {
			if (!Files.exists(directory)) {
				throw ex;
			}
		}
		finally {
			FileSystemUtils.deleteRecursively(unpacked);
		}
	}

	private static void unpack(TarArchiveInputStream tar, TarArchiveEntry entry, Path file) throws IOException {
		if (entry.isDirectory()) {
			Files.createDirectories(file);
			permit(file, true);
			return;
		}
		Files.createDirectories(file.getParent());
		if (entry.isSymbolicLink()) {
			Files.createSymbolicLink(file, Path.of(entry.getLinkName()));
		}
		else if (entry.isFile()) {
			Files.copy(tar, file);
			permit(file, (entry.getMode() & 0100) != 0);
		}
	}

	private static void permit(Path file, boolean executable) throws IOException {
		Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(executable ? "rwxr-xr-x" : "rw-r--r--"));
	}

}
