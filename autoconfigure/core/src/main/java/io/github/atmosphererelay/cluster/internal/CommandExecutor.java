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

package io.github.atmosphererelay.cluster.internal;

import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.function.BiConsumer;

import io.github.atmosphererelay.cluster.internal.CommandMessage.Operation;
import io.github.atmosphererelay.cluster.internal.CommandMessage.Status;
import io.github.atmosphererelay.guard.internal.Failures;
import io.github.atmosphererelay.guard.internal.Threads;
import io.github.atmosphererelay.message.internal.WireReader;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Executes the requests of other nodes: commands one after another on a thread of its
 * own, and questions to the application on a small pool, because their handlers may take
 * long. Both have bounded queues. When a queue is full, the asking node gets an error.
 */
final class CommandExecutor {

	private static final Log logger = LogFactory.getLog(CommandExecutor.class);

	private static final int MAX_WAITING = 1_000;

	private static final int QUESTION_THREADS = 4;

	private static final int MAX_REMEMBERED = 1_000;

	private static final int MAX_REASON = 300;

	private final Map<Operation, Handler> handlers = new EnumMap<>(Operation.class);

	/** The latest requests, because a broker may deliver a request twice. */
	private final Map<RequestKey, Boolean> seen = new LinkedHashMap<>();

	private final int maxMessageSize;

	private volatile @Nullable ThreadPoolExecutor commands;

	private volatile @Nullable ThreadPoolExecutor questions;

	CommandExecutor(int maxMessageSize) {
		this.maxMessageSize = maxMessageSize;
	}

	/**
	 * Set the handler of an operation. Called before the start.
	 */
	void on(Operation operation, Handler handler) {
		this.handlers.put(operation, handler);
	}

	void start() {
		this.commands = Threads.pool("commands", 1, new LinkedBlockingQueue<>(MAX_WAITING));
		this.questions = Threads.pool("questions", QUESTION_THREADS, new LinkedBlockingQueue<>(MAX_WAITING));
	}

	void stop() {
		for (ThreadPoolExecutor executor : new ThreadPoolExecutor[] { this.commands, this.questions }) {
			if (executor != null) {
				executor.shutdownNow();
			}
		}
		this.commands = null;
		this.questions = null;
	}

	/**
	 * Note a request, and return whether it has not come before.
	 */
	boolean isFirst(UUID origin, long request) {
		synchronized (this.seen) {
			if (this.seen.size() >= MAX_REMEMBERED) {
				this.seen.remove(this.seen.keySet().iterator().next());
			}
			return this.seen.put(new RequestKey(origin, request), true) == null;
		}
	}

	/**
	 * Execute a request on another thread.
	 * @param asker the node that asks
	 * @param message the request
	 * @param answer receives the answer once, on any thread
	 */
	void execute(UUID asker, CommandMessage message, BiConsumer<Status, byte[]> answer) {
		Operation operation = Operation.of(message.operation());
		Handler handler = (operation != null) ? this.handlers.get(operation) : null;
		if (handler == null) {
			answer.accept(Status.FAILED, text("the node's release does not support this request"));
			return;
		}
		ThreadPoolExecutor executor = (operation == Operation.ASK) ? this.questions : this.commands;
		try {
			if (executor == null) {
				throw new RejectedExecutionException();
			}
			executor.execute(() -> handle(handler, asker, message, answer));
		}
		catch (RejectedExecutionException ex) {
			answer.accept(Status.FAILED,
					text("the node did not accept the request, because its queue is full or it is stopping"));
		}
	}

	private void handle(Handler handler, UUID asker, CommandMessage message, BiConsumer<Status, byte[]> answer) {
		try {
			handler.handle(asker, new WireReader(message.body()), Math.max(0, message.timeoutMillis()))
				.whenComplete((body, ex) -> {
					if (ex != null) {
						answer.accept(Status.FAILED, reason(ex));
					}
					else if (body.length + CommandMessage.OVERHEAD > this.maxMessageSize) {
						answer.accept(Status.FAILED, text("the answer has " + body.length
								+ " bytes, more than 'atmosphere.relay.max-message-size' allows"));
					}
					else {
						answer.accept(Status.DONE, body);
					}
				});
		}
		catch (Throwable ex) {
			answer.accept(Status.FAILED, reason(ex));
		}
	}

	private static byte[] reason(Throwable failure) {
		Throwable cause = Failures.unwrap(failure);
		logger.debug("A request of another node failed; that node gets the error", cause);
		String reason = cause.getClass().getSimpleName() + ": " + cause.getMessage();
		return text((reason.length() <= MAX_REASON) ? reason : reason.substring(0, MAX_REASON));
	}

	private static byte[] text(String text) {
		return text.getBytes(StandardCharsets.UTF_8);
	}

	/**
	 * Executes requests of one kind.
	 */
	interface Handler {

		/**
		 * Execute a request.
		 * @param asker the node that asks
		 * @param body the body of the request
		 * @param timeoutMillis how long the asking node waits, in milliseconds
		 * @return completes with the body of the answer
		 */
		CompletionStage<byte[]> handle(UUID asker, WireReader body, int timeoutMillis);

	}

	/**
	 * Identifies a request.
	 */
	private record RequestKey(UUID origin, long request) {
	}

}
