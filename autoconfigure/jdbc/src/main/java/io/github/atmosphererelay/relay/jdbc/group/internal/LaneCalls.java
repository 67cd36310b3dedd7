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

package io.github.atmosphererelay.relay.jdbc.group.internal;

import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.function.Supplier;

import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.guard.internal.Threads;
import io.github.atmosphererelay.relay.RelayException;
import io.github.atmosphererelay.relay.RelayOverloadedException;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import org.jspecify.annotations.Nullable;

import org.springframework.dao.DataAccessException;
import org.springframework.transaction.TransactionException;

/**
 * A few threads on which lanes ask the database, so that nobody else waits for it. For
 * any thread; never blocks.
 */
final class LaneCalls {

	private static final String RELAY = "jdbc";

	private static final int MAX_WAITING = 1000;

	private final Guard guard;

	private final ThreadPoolExecutor executor;

	/** The answers that are not known yet. */
	private final Set<CompletableFuture<?>> open = ConcurrentHashMap.newKeySet();

	LaneCalls(int threads, Guard guard) {
		this.guard = guard;
		this.executor = Threads.pool("jdbc-groups", threads, new ArrayBlockingQueue<>(MAX_WAITING));
	}

	/**
	 * Ask the database something on another thread.
	 */
	<T extends @Nullable Object> CompletableFuture<T> ask(Supplier<T> question) {
		CompletableFuture<T> answer = new CompletableFuture<>();
		this.open.add(answer);
		answer.whenComplete((result, ex) -> this.open.remove(answer));
		try {
			this.executor.execute(() -> answer(answer, question));
		}
		catch (RejectedExecutionException ex) {
			answer.completeExceptionally(this.executor.isShutdown() ? new RelayUnavailableException(RELAY, null)
					: RelayOverloadedException.forReads(RELAY, MAX_WAITING));
		}
		return answer;
	}

	private <T extends @Nullable Object> void answer(CompletableFuture<T> answer, Supplier<T> question) {
		try {
			answer.complete(question.get());
		}
		catch (RelayException ex) {
			answer.completeExceptionally(ex);
		}
		catch (DataAccessException | TransactionException ex) {
			answer.completeExceptionally(new RelayUnavailableException(RELAY, ex));
		}
		catch (Throwable ex) {
			this.guard.failed(ex);
			answer.completeExceptionally(ex);
		}
	}

	/**
	 * Fail what is being asked.
	 */
	void close() {
		this.executor.shutdownNow();
		for (CompletableFuture<?> answer : this.open) {
			answer.completeExceptionally(new RelayUnavailableException(RELAY, null));
		}
	}

}
