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

package io.github.atmosphererelay.console.internal;

/**
 * Tells the console's page where the actuator endpoint is.
 *
 * @param path the endpoint's path within the application, or an empty string if it has
 * another port than the page
 * @param writable whether the endpoint accepts operations that change something
 */
public record ConsoleActuator(String path, boolean writable) {

	/**
	 * There is no actuator endpoint that the page can reach.
	 */
	public static final ConsoleActuator NONE = new ConsoleActuator("", false);

}
