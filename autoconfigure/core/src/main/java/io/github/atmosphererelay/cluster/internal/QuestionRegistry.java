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

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

import io.github.atmosphererelay.cluster.ClusterQuestionHandler;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.internal.WireReader;
import io.github.atmosphererelay.message.internal.WireWriter;

/**
 * The application's handlers for questions of other nodes. Thread-safe.
 */
final class QuestionRegistry {

	private static final int MAX_NAME = 1_000;

	private final Supplier<? extends Collection<ClusterQuestionHandler>> source;

	/** Empty before the start, because a handler may itself need the cluster. */
	private volatile Map<String, ClusterQuestionHandler> handlers = Map.of();

	/**
	 * Create a registry.
	 * @param source supplies the handlers when the node starts
	 */
	QuestionRegistry(Supplier<? extends Collection<ClusterQuestionHandler>> source) {
		this.source = source;
	}

	/**
	 * Look up the handlers.
	 * @throws IllegalArgumentException if there are two for one question
	 */
	void start() {
		Map<String, ClusterQuestionHandler> handlers = new HashMap<>();
		for (ClusterQuestionHandler handler : this.source.get()) {
			if (handlers.put(handler.question(), handler) != null) {
				throw new IllegalArgumentException(
						"There are two beans of type ClusterQuestionHandler for the question '" + handler.question()
								+ "'. Remove one, or let it return another name from question()");
			}
		}
		this.handlers = Map.copyOf(handlers);
	}

	CompletionStage<byte[]> answer(UUID asker, WireReader in) {
		String question = in.readString(MAX_NAME);
		Payload details = read(in);
		ClusterQuestionHandler handler = this.handlers.get(question);
		if (handler == null) {
			return CompletableFuture.failedFuture(new IllegalStateException(
					"the node has no ClusterQuestionHandler bean for the question" + " '" + question + "'"));
		}
		return handler.answer(asker, details).thenApply((answer) -> {
			WireWriter out = new WireWriter();
			write(out, answer);
			return out.toByteArray();
		});
	}

	static byte[] encode(String question, Payload details) {
		WireWriter out = new WireWriter();
		out.writeString(question);
		write(out, details);
		return out.toByteArray();
	}

	private static void write(WireWriter out, Payload payload) {
		out.writeByte(payload.isBinary() ? 1 : 0);
		out.writeBytes(payload.bytes());
	}

	static Payload read(WireReader in) {
		boolean binary = in.readByte() != 0;
		byte[] bytes = in.readBytes(Integer.MAX_VALUE);
		return binary ? Payload.binary(bytes) : Payload.text(bytes);
	}

}
