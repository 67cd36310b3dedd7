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

package io.github.atmosphererelay.demo.cluster;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;

import org.jspecify.annotations.Nullable;

/**
 * The keys of the terminal that a program was started in. Where it can, it makes the
 * terminal hand over each key as it is pressed, and puts back how it was.
 */
final class Keys implements AutoCloseable {

	private final @Nullable String settings;

	private Keys(@Nullable String settings) {
		this.settings = settings;
	}

	/**
	 * Listen to keys if there is a terminal, and this program is the one that it talks
	 * to: one in the background that reads is stopped by the system.
	 * @return the keys, or {@code null} if there are none
	 */
	static @Nullable Keys open() {
		if (System.console() == null || !isInForeground()) {
			return null;
		}
		String settings = stty("-g");
		if (settings == null) {
			// On Windows, for example. Java 22 has a console also where there is no
			// terminal
			return isWindows() ? new Keys(null) : null;
		}
		stty("-icanon", "min", "1", "-echo");
		return new Keys(settings);
	}

	/**
	 * Return whether each key is handed over as it is pressed, and not with the line.
	 */
	boolean areImmediate() {
		return this.settings != null;
	}

	/**
	 * Hand over each key from now on, on a thread of its own.
	 * @param pressed gets the character
	 */
	void listen(IntConsumer pressed) {
		Thread thread = new Thread(() -> read(System.in, pressed), "keys");
		thread.setDaemon(true);
		thread.start();
	}

	static void read(InputStream in, IntConsumer pressed) {
		try {
			for (int key = in.read(); key >= 0; key = in.read()) {
				pressed.accept(key);
			}
		}
		catch (IOException ex) {
			// No more keys
		}
	}

	@Override
	public void close() {
		if (this.settings != null) {
			stty(this.settings);
		}
	}

	private static @Nullable String stty(String... args) {
		String[] command = new String[args.length + 1];
		command[0] = "stty";
		System.arraycopy(args, 0, command, 1, args.length);
		try {
			Process process = new ProcessBuilder(command).redirectInput(ProcessBuilder.Redirect.INHERIT)
				.redirectErrorStream(true)
				.start();
			String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
			return (process.waitFor(2, TimeUnit.SECONDS) && process.exitValue() == 0) ? output : null;
		}
		catch (IOException ex) {
			return null;
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			return null;
		}
	}

	private static boolean isWindows() {
		return System.getProperty("os.name").startsWith("Windows");
	}

	/** Where Linux says so; elsewhere it is taken for granted. */
	private static boolean isInForeground() {
		try {
			String stat = Files.readString(Path.of("/proc/self/stat"));
			// After the program's name: state, parent, group, session, terminal, and the
			// terminal's group
			String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
			return fields[2].equals(fields[5]);
		}
		catch (IOException ex) {
			return true;
		}
	}

}
