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

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/**
 * Watches on which threads code of the application is called. It may run on those of a
 * server that serve one client at a time, on those that are made for it, and on the
 * test's own; never on one that others wait for (a relay's, the scheduler, a writer, a
 * server's poller, a timer of the JDK), and never within a lock of the library.
 */
public final class ThreadGuard {

	private static final Pattern MAY_BLOCK = Pattern.compile("http-nio-\\S+-exec-\\d+|tomcat-handler-\\d+|"
			+ "atmosphere-(tokens|continuation|handler|events|questions)-\\d+|main");

	/** Whatever is called from these is called within a lock, or on a relay's thread. */
	private static final List<String> FORBIDDEN = List.of(".StripedLock.", ".SessionRegistry.", ".LogFollower.",
			".Interest$", ".RelayMonitor.", ".RelayReceiver.", ".OutboundQueue.", "io.lettuce.", "io.netty.",
			"redis.clients.jedis.", "org.apache.kafka.");

	private final Map<String, Set<String>> calls = new ConcurrentHashMap<>();

	private final Set<String> violations = ConcurrentHashMap.newKeySet();

	/**
	 * Note a call.
	 * @param code what is called
	 */
	public void called(String code) {
		String thread = Thread.currentThread().getName();
		this.calls.computeIfAbsent(code, (key) -> ConcurrentHashMap.newKeySet()).add(thread);
		if (!MAY_BLOCK.matcher(thread).matches()) {
			this.violations.add(code + " on the thread " + thread);
		}
		for (StackTraceElement frame : new Throwable().getStackTrace()) {
			String method = frame.getClassName() + "." + frame.getMethodName();
			if (FORBIDDEN.stream().anyMatch(method::contains)) {
				this.violations.add(code + " within " + method + " on the thread " + thread);
			}
		}
	}

	/**
	 * Return what has been called, and on which threads.
	 */
	public Map<String, Set<String>> calls() {
		return this.calls;
	}

	/**
	 * Return the calls that should not have been where they were.
	 */
	public Set<String> violations() {
		return this.violations;
	}

}
