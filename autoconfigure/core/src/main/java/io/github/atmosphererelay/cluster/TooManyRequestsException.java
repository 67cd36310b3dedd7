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

package io.github.atmosphererelay.cluster;

/**
 * Thrown when 1000 requests to other nodes wait for answers. The new request was not
 * sent; the caller can try again when earlier requests have completed.
 */
public class TooManyRequestsException extends RuntimeException {

	/**
	 * Create the exception.
	 * @param limit the maximum number of requests that may wait for answers
	 */
	public TooManyRequestsException(int limit) {
		super("The request was not sent, because " + limit + " requests to other nodes already wait for answers, which"
				+ " is the maximum. Send fewer requests at a time, or try again later");
	}

}
