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

package io.github.atmosphererelay.relay.redis.internal;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;

import io.github.atmosphererelay.guard.internal.Failures;
import io.github.atmosphererelay.relay.RelayException;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.NestedMultiOutput;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Runs scripts on one Lettuce connection, pipelined and in order. The order is kept when
 * Redis has lost its scripts: new calls are then held back until all pending calls are
 * answered, and are sent after the calls that have to be repeated. Never blocks.
 * <p>
 * Results are completed in order, by one thread at a time and outside the lock. Usually
 * it is the thread of Lettuce that has received the answer. It is never a thread that
 * runs a call, connects or closes: such a thread may hold locks that dependent stages
 * need.
 */
final class LettuceScriptRunner implements ScriptRunner {

	private static final Log logger = LogFactory.getLog(LettuceScriptRunner.class);

	private final LettuceRefusals refusals;

	private final PendingBytes pendingBytes;

	private final Object lock = new Object();

	private final Deque<RedisCall> waiting = new ArrayDeque<>();

	private final LostScripts lost = new LostScripts();

	private final Deque<Runnable> completions = new ArrayDeque<>();

	private final Executor completionThread;

	/** Whether a thread is completing results. */
	private boolean completing;

	private @Nullable StatefulRedisConnection<byte[], byte[]> connection;

	private boolean held = true;

	private int unanswered;

	private @Nullable Throwable closedBy;

	/**
	 * Create a runner without a connection.
	 * @param refusals recognizes calls that were not executed
	 * @param pendingBytes counts the bytes that Lettuce holds
	 * @param completionThread completes results that were found by other threads than
	 * Lettuce's
	 */
	LettuceScriptRunner(LettuceRefusals refusals, PendingBytes pendingBytes, Executor completionThread) {
		this.refusals = refusals;
		this.pendingBytes = pendingBytes;
		this.completionThread = completionThread;
	}

	/**
	 * Start to send the waiting calls, and later ones.
	 * @param connection an open connection
	 */
	void open(StatefulRedisConnection<byte[], byte[]> connection) {
		synchronized (this.lock) {
			if (this.closedBy == null) {
				this.connection = connection;
				release();
			}
		}
		completeElsewhere();
	}

	/**
	 * Refuse the waiting calls, and later ones. Lettuce ends those that were sent.
	 * @param cause the reason
	 */
	void close(Throwable cause) {
		synchronized (this.lock) {
			this.closedBy = cause;
			refuseHeld(cause);
		}
		completeElsewhere();
	}

	@Override
	public void run(RedisCall call) {
		synchronized (this.lock) {
			if (this.closedBy != null) {
				refuse(call, this.closedBy);
			}
			else if (this.held) {
				this.waiting.add(call);
			}
			else {
				send(call, false);
			}
		}
		completeElsewhere();
	}

	private void send(RedisCall call, boolean whole) {
		this.unanswered++;
		LettuceCommand<List<Object>> command = null;
		try {
			command = command(call, whole);
			StatefulRedisConnection<byte[], byte[]> connection = this.connection;
			if (connection == null) {
				throw new RedisException("Connection is closed");
			}
			connection.dispatch(command);
		}
		catch (Throwable ex) {
			// An Error too: later calls would wait for the answer of this one
			if (command != null) {
				command.completeExceptionally(ex);
			}
			else {
				this.unanswered--;
				refuse(call, ex);
			}
		}
	}

	private LettuceCommand<List<Object>> command(RedisCall call, boolean whole) {
		CommandArgs<byte[], byte[]> arguments = new CommandArgs<>(ByteArrayCodec.INSTANCE);
		for (byte[] argument : call.arguments(whole)) {
			arguments.add(argument);
		}
		AsyncCommand<byte[], byte[], List<Object>> answer = new AsyncCommand<>(
				new Command<>(whole ? CommandType.EVAL : CommandType.EVALSHA,
						new NestedMultiOutput<>(ByteArrayCodec.INSTANCE), arguments));
		answer.whenComplete((reply, ex) -> answered(call, reply, ex));
		return new LettuceCommand<>(answer, () -> this.pendingBytes.remove(call.size()));
	}

	private void answered(RedisCall call, @Nullable List<Object> reply, @Nullable Throwable ex) {
		Throwable failure = (ex != null) ? Failures.unwrap(ex) : null;
		synchronized (this.lock) {
			this.unanswered--;
			if (failure instanceof RedisNoScriptException && this.closedBy == null) {
				// The command that has just ended releases its bytes
				this.pendingBytes.keep(call.size());
				this.held = true;
				this.lost.add(call);
			}
			else {
				this.completions.add(() -> complete(call, reply, failure));
				if (this.held && failure != null && !(failure instanceof RedisCommandExecutionException)) {
					// It is not known when the other calls will be answered
					refuseHeld(failure);
					this.held = false;
				}
				else {
					this.lost.executed(call);
				}
			}
			if (this.held && this.unanswered == 0) {
				release();
			}
		}
		complete();
	}

	private void release() {
		this.held = false;
		List<RedisCall> repeated = new ArrayList<>();
		this.lost.drain(repeated::add, (overtaken) -> refuse(overtaken, null));
		List<RedisCall> waiting = List.copyOf(this.waiting);
		this.waiting.clear();
		long now = System.nanoTime();
		Set<RedisScript> loaded = new HashSet<>();
		for (RedisCall call : repeated) {
			if (call.isOverdue(now)) {
				refuse(call, null);
			}
			else {
				send(call, call.script() != null && loaded.add(call.script()));
			}
		}
		for (RedisCall call : waiting) {
			if (call.isOverdue(now)) {
				refuse(call, null);
			}
			else {
				send(call, false);
			}
		}
	}

	private void refuseHeld(Throwable cause) {
		this.lost.drain((call) -> refuse(call, cause), (call) -> refuse(call, cause));
		this.waiting.forEach((call) -> refuse(call, cause));
		this.waiting.clear();
	}

	private void refuse(RedisCall call, @Nullable Throwable cause) {
		this.completions.add(() -> {
			this.pendingBytes.remove(call.size());
			call.refuse(cause);
		});
	}

	private void complete(RedisCall call, @Nullable List<Object> reply, @Nullable Throwable failure) {
		RelayException refusal = (failure != null) ? this.refusals.refusal(failure) : null;
		if (refusal != null) {
			call.result().completeExceptionally(refusal);
		}
		else {
			call.result().complete((failure != null) ? null : reply);
		}
	}

	private void completeElsewhere() {
		synchronized (this.lock) {
			if (this.completions.isEmpty() || this.completing) {
				return;
			}
			this.completing = true;
		}
		try {
			this.completionThread.execute(this::completeAll);
		}
		catch (Throwable ex) {
			// No thread can be created for it. The next result completes this one too.
			// After close() there is no next result, and no call is sent any more, so
			// this thread completes it.
			boolean last;
			synchronized (this.lock) {
				this.completing = false;
				last = this.closedBy != null;
			}
			logger
				.error("Results of Redis could not be completed, because no thread could be created. They are completed"
						+ " with the next result", ex);
			if (last) {
				complete();
			}
		}
	}

	private void complete() {
		if (Thread.holdsLock(this.lock)) {
			// Lettuce has answered during send(); the sender completes it later
			return;
		}
		synchronized (this.lock) {
			if (this.completing) {
				return;
			}
			this.completing = true;
		}
		completeAll();
	}

	private void completeAll() {
		while (true) {
			Runnable completion;
			synchronized (this.lock) {
				completion = this.completions.poll();
				if (completion == null) {
					this.completing = false;
					return;
				}
			}
			try {
				completion.run();
			}
			catch (Throwable ex) {
				logger.error("The completion of a result of Redis has failed. The other results are completed", ex);
			}
		}
	}

}
