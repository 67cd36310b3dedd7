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

package io.github.atmosphererelay.test;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Optional;

import org.jspecify.annotations.Nullable;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;

/**
 * Lets a test class run beside those of the other test JVMs as long as the machine is
 * there for them, and alone while the host takes much of its processors away: what little
 * is left is then enough for one broker and the few nodes of one test to keep their time
 * limits, and for several at once it is not. Called by JUnit, in the thread of the tests.
 */
public final class CrowdedMachine implements TestExecutionListener {

	/** The share of the processor time asked for that makes a test class run alone. */
	private static final double CROWDED = 0.4;

	/** Less than this tells of a moment only. */
	private static final Duration MEASURED = Duration.ofSeconds(5);

	private final Path file = Path.of("target", "crowded-machine.lock");

	private MachineTime time = MachineTime.start();

	private boolean crowded;

	private @Nullable TestPlan plan;

	private @Nullable FileChannel channel;

	@Override
	public void testPlanExecutionStarted(TestPlan plan) {
		this.plan = plan;
	}

	@Override
	public void executionStarted(TestIdentifier test) {
		if (!isClass(test)) {
			return;
		}
		measure();
		try {
			Files.createDirectories(this.file.getParent());
			FileChannel channel = FileChannel.open(this.file, StandardOpenOption.CREATE, StandardOpenOption.READ,
					StandardOpenOption.WRITE);
			this.channel = channel;
			channel.lock(0, Long.MAX_VALUE, !this.crowded);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Override
	public void executionFinished(TestIdentifier test, TestExecutionResult result) {
		if (isClass(test)) {
			release();
		}
	}

	private void measure() {
		if (this.time.clock().compareTo(MEASURED) > 0) {
			this.crowded = this.time.stolenShare() > CROWDED;
			this.time = MachineTime.start();
		}
	}

	private void release() {
		FileChannel channel = this.channel;
		this.channel = null;
		try {
			if (channel != null) {
				// Releases the lock
				channel.close();
			}
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Whether it is a class at the top, right below the engine.
	 */
	private boolean isClass(TestIdentifier test) {
		TestPlan plan = this.plan;
		if (plan == null) {
			return false;
		}
		Optional<TestIdentifier> engine = plan.getParent(test);
		return engine.isPresent() && plan.getParent(engine.get()).isEmpty();
	}

}
